import assert from "node:assert/strict";
import type { Route, RouteQuery, Store } from "../../store/types.ts";
import { everyone, filtered, frame, PATH, START_MS, type StoreCase } from "./world.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const filter = filtered("a", [["v", 1]]);
const routes = [everyone, filter];

async function found(store: Store, query: Partial<RouteQuery> = {}): Promise<readonly Route[]> {
  const all: Route[] = [];
  for await (const page of store.findRoutes({ path: PATH, shards: 1, ...query })) all.push(...page);
  return all;
}

/** Connections that a publish found closed, many at once. */
export const goneCases: readonly StoreCase[] = [
  {
    name: "disconnectAll removes every route of its connections, whichever were found",
    async run({ store, rows, connect, subscribe, find }) {
      const second = [...routes, filtered("b", [["v", 2]])];
      await subscribe(await connect("one"), frame({ routes, hookState: "x" }));
      await subscribe(
        await connect("many"),
        frame({ id: 1, routes }),
        frame({
          id: 2,
          path: "another",
          routes: second.map((one) => ({ ...one, path: "another" })),
        }),
        frame({ id: 3, routes: [] }),
        frame({ id: 4, routes }),
      );
      await store.stop({ connectionId: "many", id: 4, requestTimeMs: START_MS });
      await subscribe(await connect("staying"), frame({ routes }));
      const gone = (await found(store)).filter(
        ({ subscriber }) => subscriber.connectionId !== "staying",
      );
      assert.equal(gone.length, 2);
      const live = await store.disconnectAll(gone);
      const order = (id: unknown, connectionId: string): string => `${connectionId} ${id}`;
      assert.deepEqual(
        live.toSorted((x, y) =>
          order(x.id, x.connectionId) < order(y.id, y.connectionId) ? -1 : 1,
        ),
        [
          { connectionId: "many", id: 1, requestTimeMs: START_MS, path: PATH },
          { connectionId: "many", id: 2, requestTimeMs: START_MS, path: "another" },
          { connectionId: "many", id: 3, requestTimeMs: START_MS, path: PATH },
          { connectionId: "one", id: 1, requestTimeMs: START_MS, path: PATH, hookState: "x" },
        ],
      );
      assert.equal(await rows(), 2);
      assert.deepEqual(await find({}), ["staying/1"]);
      assert.notEqual(await store.getConnection("staying"), undefined);
    },
  },
  {
    name: "what disconnectAll closed stays closed",
    async run({ store, rows, clock, connect, subscribe }) {
      const connection = await connect("c", { paramsExpected: true, session: "s" });
      await subscribe(connection, frame());
      await store.disconnectAll(await found(store));
      clock.nowMs += 15 * 60 * 1000;
      assert.equal(await store.getConnection("c"), undefined);
      await store.connect(connection);
      assert.equal(await store.getConnection("c"), undefined);
      assert.deepEqual(await subscribe(connection, frame({ id: 2 })), ["closed"]);
      assert.equal(await store.setConnectionParams("c", null), "refused");
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "disconnectAll takes any number, each row and connection once",
    async run({ store, rows, connect, subscribe }) {
      for (const n of numbers(120)) {
        const frames = numbers(n % 3 === 0 ? 2 : 1).map((id) => frame({ id, routes }));
        await subscribe(await connect(`c${n}`), ...frames);
      }
      const gone = [...(await found(store)), ...(await found(store, filter))];
      assert.equal(gone.length, 320);
      const live = await store.disconnectAll([...gone, ...gone]);
      assert.equal(live.length, 160);
      assert.equal(new Set(live.map(({ connectionId, id }) => `${connectionId} ${id}`)).size, 160);
      assert.equal(await rows(), 0);
      assert.deepEqual(await store.disconnectAll([]), []);
    },
  },
  {
    name: "disconnectAll again, after disconnect, and of what nobody knows is no error",
    async run({ store, rows, clock, connect, subscribe }) {
      const connection = await connect("c");
      await subscribe(connection, frame({ routes }));
      const gone = await found(store);
      await store.disconnect("c");
      await store.disconnectAll(gone);
      await store.disconnectAll(gone);
      const unknown = gone.map((route) => ({
        ...route,
        subscriber: { ...route.subscriber, connectionId: "unknown" },
      }));
      assert.deepEqual(await store.disconnectAll(unknown), []);
      clock.nowMs += 15 * 60 * 1000;
      await store.connect({ ...connection, connectionId: "unknown" });
      assert.equal(await store.getConnection("unknown"), undefined);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "a row that another subscription of its id has replaced is removed with the new one's",
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      await subscribe(connection, frame({ routes }));
      const old = await found(store);
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS + 1 });
      const again = { messageId: "m2", requestTimeMs: START_MS + 2 };
      await subscribe(connection, frame({ ...again, routes }));
      assert.deepEqual(await store.disconnectAll(old), [
        { connectionId: "c", id: 1, requestTimeMs: START_MS + 2, path: PATH },
      ]);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "a row that was found is removed whatever else is stored",
    async run({ store, rows, connect, subscribe }) {
      await subscribe(await connect("c"), frame({ routes }));
      const orphans = (await found(store)).map((route) => ({
        ...route,
        subscriber: { ...route.subscriber, connectionId: "unknown" },
      }));
      assert.deepEqual(await store.disconnectAll(orphans), []);
      assert.equal(await rows(), 1);
    },
  },
  {
    name: "subscriptions that end elsewhere are not reported as live",
    async run({ store, clock, rows, connect, subscribe }) {
      const soonOver = { expireAt: START_MS / 1000 + 60 };
      await subscribe(await connect("expired", soonOver), frame({ routes }));
      await subscribe(await connect("stopped"), frame({ routes }));
      const gone = await found(store);
      await store.stop({ connectionId: "stopped", id: 1, requestTimeMs: START_MS });
      clock.nowMs += 60_000;
      assert.deepEqual(await store.disconnectAll(gone), []);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "disconnectAll, disconnect and subscriptions at once leave nothing",
    async run({ store, rows, connect, subscribe }) {
      const connections = await Promise.all(numbers(20).map((n) => connect(`c${n}`)));
      await Promise.all(connections.map((one) => subscribe(one, frame({ routes }))));
      const gone = await found(store);
      await Promise.all([
        ...connections.map((one) => subscribe(one, frame({ id: 2, routes }))),
        store.disconnectAll(gone),
        store.disconnectAll(gone.toReversed()),
        ...connections.slice(10).map(({ connectionId }) => store.disconnect(connectionId)),
        ...connections.map((one) => subscribe(one, frame({ id: 3, routes }), frame({ id: 4 }))),
      ]);
      assert.equal(await rows(), 0);
      const open = await Promise.all(
        connections.map(({ connectionId }) => store.getConnection(connectionId)),
      );
      assert.ok(open.every((connection) => connection === undefined));
    },
  },
];
