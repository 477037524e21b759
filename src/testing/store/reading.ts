import assert from "node:assert/strict";
import type { Route, RouteQuery, Store } from "../../store/types.ts";
import { API, everyone, filtered, frame, PATH, START_MS, type StoreCase } from "./world.ts";

/** The first page of a shard is no larger, so that posting can begin. */
const MAX_FIRST_ROWS = 250;

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const names = (routes: readonly Route[]): readonly string[] =>
  routes.map(({ subscriber }) => `${subscriber.connectionId}/${subscriber.id}`);

async function pagesOf(
  store: Store,
  query: Partial<RouteQuery> = {},
): Promise<readonly (readonly Route[])[]> {
  const pages: (readonly Route[])[] = [];
  for await (const page of store.findRoutes({ path: PATH, shards: 1, ...query })) pages.push(page);
  return pages;
}

/** How the rows of a route are read: in pages, in order, in parts. */
export const readingCases: readonly StoreCase[] = [
  {
    name: "the first page is small, and no page is empty whoever is left out",
    async run({ store, clock, connect, subscribe }) {
      const another = { api: { ...API, stage: "dev" } };
      const soonOver = { expireAt: START_MS / 1000 + 60 };
      const connections = [
        ...numbers(3).map((n) => [`a${n}`, another] as const),
        ...numbers(3).map((n) => [`b${n}`, soonOver] as const),
        ...numbers(4).map((n) => [`c${n}`, {}] as const),
        ["d", another] as const,
      ];
      for (const [name, fields] of connections) {
        await subscribe(await connect(name, fields), ...numbers(100).map((id) => frame({ id })));
      }
      clock.nowMs += 60_000;
      const all = await pagesOf(store);
      assert.ok((all[0]?.length ?? 0) <= MAX_FIRST_ROWS);
      assert.equal(all.flat().length, 800);
      const ours = await pagesOf(store, { api: API });
      assert.deepEqual(new Set(names(ours.flat()).map((name) => name[0])), new Set(["c"]));
      assert.equal(new Set(names(ours.flat())).size, 400);
      assert.ok([...all, ...ours].every(({ length }) => length > 0));
    },
  },
  {
    name: "rows come in the order of their bytes",
    async run({ store, connect, subscribe }) {
      // UTF-16, which JavaScript sorts by, has the last two the other way round.
      const values = ["", "A", "B", "a", "z", "é", "\uffff", "😀"];
      for (const value of values.toReversed()) {
        const routes = [filtered("f", [["v", 1]], [["w", value]])];
        const connection = await connect(value === "" ? "empty" : value);
        await subscribe(connection, frame({ routes }));
      }
      const [found = []] = await pagesOf(store, filtered("f", [["v", 1]]));
      assert.deepEqual(
        names(found),
        values.map((value) => `${value === "" ? "empty" : value}/1`),
      );
    },
  },
  {
    name: "a search goes on behind the last row taken, also when that has gone",
    async run({ store, connect, subscribe }) {
      for (const n of numbers(5)) await subscribe(await connect(`c${n}`), frame());
      const all = (await pagesOf(store)).flat();
      for (const [index, { key }] of all.entries()) {
        const rest = await pagesOf(store, { after: [key] });
        assert.deepEqual(names(rest.flat()), names(all.slice(index + 1)));
      }
      await store.disconnect("c2");
      const after = all.filter(({ subscriber }) => subscriber.connectionId === "c2");
      const rest = await pagesOf(store, { after: after.map(({ key }) => key) });
      assert.deepEqual(names(rest.flat()), ["c3/1", "c4/1"]);
    },
  },
  {
    name: "shards are read one by one, and go on each behind its own row",
    async run({ store, connect, subscribe, find }) {
      const shards = 4;
      for (const n of numbers(40)) await subscribe(await connect(`c${n}`), frame({ shards }));
      const byShard = await Promise.all(
        numbers(shards).map(async (shard) => (await pagesOf(store, { shards, shard })).flat()),
      );
      assert.ok(byShard.every(({ length }) => length > 1));
      assert.deepEqual(byShard.flatMap(names).toSorted(), await find({ shards }));
      const started = byShard.slice(0, 2).flatMap(([first]) => (first ? [first.key] : []));
      const rest = byShard.flatMap((routes, shard) => (shard < 2 ? routes.slice(1) : routes));
      assert.deepEqual(await find({ shards, after: started }), names(rest).toSorted());
      const second = byShard[1]?.slice(1) ?? [];
      assert.deepEqual(await find({ shards, shard: 1, after: started }), names(second).toSorted());
    },
  },
  {
    name: "a shard or a row that is not of the query is refused",
    async run({ store, connect, subscribe }) {
      const address = filtered("f", [["v", 1]]);
      const routes = [everyone, address, { path: "another" }];
      await subscribe(await connect("c"), frame({ routes }));
      await subscribe(await connect("c2"), frame({ routes }));
      const keyOf = async (query: Partial<RouteQuery>) => {
        const [first] = (await pagesOf(store, query)).flat();
        assert.ok(first);
        return first.key;
      };
      const foreign = [await keyOf({ path: "another" })];
      const ofFilter = [await keyOf(address)];
      const twice = [await keyOf({}), await keyOf({ after: [await keyOf({})] })];
      const refused = [
        ...[-1, 3, 1.5, Number.NaN].map((shard) => ({ shards: 3, shard })),
        ...[foreign, ofFilter, twice].map((after) => ({ after })),
      ];
      for (const query of refused) {
        await assert.rejects(pagesOf(store, query), RangeError, JSON.stringify(query));
      }
    },
  },
  {
    name: "a signal ends the search with its reason, before it and between pages",
    async run({ store, connect, subscribe }) {
      for (const n of numbers(12)) {
        const connection = await connect(`c${n}`);
        await subscribe(connection, ...numbers(100).map((id) => frame({ id, shards: 2 })));
      }
      const reason = new Error("that is enough");
      const signal = AbortSignal.abort(reason);
      for (const shards of [1, 2]) {
        await assert.rejects(pagesOf(store, { shards, signal }), (error) => error === reason);
        const over = new AbortController();
        const query = { path: PATH, shards, signal: over.signal };
        const pages = store.findRoutes(query)[Symbol.asyncIterator]();
        assert.notEqual((await pages.next()).done, true);
        over.abort(reason);
        await assert.rejects(pages.next(), (error) => error === reason);
        assert.equal((await pages.next()).done, true);
      }
    },
  },
  {
    name: "a reader that leaves ends the search",
    async run({ store, connect, subscribe }) {
      for (const n of numbers(20)) await subscribe(await connect(`c${n}`), frame({ shards: 5 }));
      const pages = store.findRoutes({ path: PATH, shards: 5 })[Symbol.asyncIterator]();
      await pages.next();
      await pages.return?.();
      assert.equal((await pages.next()).done, true);
    },
  },
];
