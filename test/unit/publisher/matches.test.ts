import { initTRPC } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { type Audience, START } from "../../../src/publisher/job.ts";
import { findMatches, type Match, readStored, withStored } from "../../../src/publisher/matches.ts";
import { publisherContext } from "../../../src/publisher/publisherOptions.ts";
import { memory } from "../../../src/store/memory.ts";
import type { ApiReference, Route, RouteQuery } from "../../../src/store/types.ts";
import { API } from "../../../src/testing/store/world.ts";
import { audience, joinAll } from "./audience.ts";

type Pages = readonly (readonly Route[])[];

const route = (sk: string, pk = "path#p"): Route => ({
  subscriber: { connectionId: sk, id: 1, jsonrpc: false },
  requestTimeMs: 1,
  key: { pk, sk },
});

const transport = { post: async () => undefined, close: async () => undefined };

/** What is asked of a store that has these pages for every query, and what was read of them. */
function searching(pages: Pages = []) {
  const queries: RouteQuery[] = [];
  const read: number[] = [];
  const store = {
    ...memory(),
    async *findRoutes(query: RouteQuery) {
      queries.push(query);
      for (const [index, page] of pages.entries()) {
        read.push(index);
        yield page;
      }
    },
  };
  const app = { router: initTRPC.create().router({}), filters: new Map(), store };
  const find = async (
    fields: Partial<Audience>,
    options: { readonly shards?: number; readonly signal?: AbortSignal; api?: ApiReference } = {},
  ): Promise<readonly (readonly Match[])[]> => {
    const context = publisherContext({ app, transport, api: options.api }, {});
    const whom = { path: "p", keys: [undefined], position: START, ...fields };
    const { shards = 1, signal } = options;
    const found: (readonly Match[])[] = [];
    const how = { shards, ...(signal !== undefined && { signal }) };
    for await (const page of findMatches(context, whom, how)) found.push(page);
    return found;
  };
  return { queries, read, find };
}

describe("a search asks", () => {
  it("for everybody, with nothing that was not said", async () => {
    const { queries, find } = searching();
    await find({});
    expect(queries).toStrictEqual([{ path: "p", shards: 1 }]);
  });

  it("with the API, the signal, the shard and where to begin", async () => {
    const { queries, find } = searching();
    const { signal } = new AbortController();
    const after = [{ pk: "path#p", sk: "a" }];
    const [filter] = ["name#f#"];
    await find(
      { keys: [filter], position: { key: 0, after }, shard: 1 },
      { shards: 2, signal, api: API },
    );
    expect(queries).toStrictEqual([
      { path: "p", shards: 2, filter, shard: 1, api: API, signal, after },
    ]);
  });

  it("from the key it has come to, and begins the later ones at their start", async () => {
    const { queries, find } = searching();
    const after = [{ pk: "path#p", sk: "name#b#x" }];
    await find({ keys: ["name#a#", "name#a#1#", "name#a#2#"], position: { key: 1, after } });
    expect(queries.map((query) => [query.filter, query.after])).toEqual([
      ["name#a#1#", after],
      ["name#a#2#", undefined],
    ]);
  });

  it("for no key behind the end of a part", async () => {
    const { queries, find } = searching();
    const end = { key: 0, after: [{ pk: "path#p", sk: "z" }] };
    await find({ keys: ["name#a#", "name#b#"], end });
    expect(queries).toHaveLength(1);
  });
});

describe("C3: of a union a search leaves out", () => {
  const exceptOf = async (...keys: readonly (string | undefined)[]) => {
    const { queries, find } = searching();
    await find({ keys });
    return queries.map((query) => ("except" in query ? query.except : "nothing"));
  };

  it("whom a filter of another name has found before", async () => {
    expect(await exceptOf("name#a#1#", "name#b#1#", "name#c#1#")).toEqual([
      "nothing",
      ["name#a#1#"],
      ["name#a#1#", "name#b#1#"],
    ]);
  });

  it("nobody for another value of the same filter, which finds nobody twice", async () => {
    expect(await exceptOf("name#a#1#", "name#a#2#")).toEqual(["nothing", "nothing"]);
    expect(await exceptOf("name#a#1#", "name#b#1#", "name#a#2#")).toEqual([
      "nothing",
      ["name#a#1#"],
      ["name#b#1#"],
    ]);
  });

  it("nobody for those that everybody's rows are asked for", async () => {
    expect(await exceptOf(undefined, "name#a#1#")).toEqual(["nothing", "nothing"]);
    expect(await exceptOf("name#a#1#", undefined)).toEqual(["nothing", ["name#a#1#"]]);
  });
});

describe("a part", () => {
  const [a, b, c, d] = [route("a"), route("b"), route("c"), route("d")] as const;

  it("has its last row, and no page behind it is read", async () => {
    const { find, read } = searching([[a], [b, c], [d]]);
    const end = { key: 0, after: [{ pk: "path#p", sk: "c" }] };
    const pages = await find({ end, shard: 0 });
    expect(pages.flat().map((match) => match.route)).toEqual([a, b, c]);
    expect(read).toEqual([0, 1]);
  });

  it("ends within a page", async () => {
    const { find, read } = searching([[a, b, c], [d]]);
    const end = { key: 0, after: [{ pk: "path#p", sk: "b" }] };
    expect((await find({ end })).flat().map((match) => match.route)).toEqual([a, b]);
    expect(read).toEqual([0]);
  });

  it("of several shards is read until each has come to its end", async () => {
    const second = (sk: string) => route(sk, "path#p#1");
    const { find, read } = searching([[a, second("a")], [b, c], [second("b")], [second("c")]]);
    const end = {
      key: 0,
      after: [
        { pk: "path#p", sk: "a" },
        { pk: "path#p#1", sk: "b" },
      ],
    };
    const pages = await find({ end }, { shards: 2 });
    expect(pages.map((page) => page.map((match) => match.route))).toEqual([
      [a, second("a")],
      [second("b")],
    ]);
    expect(read).toEqual([0, 1, 2]);
  });

  it("has no row of a shard that it has no end for", async () => {
    const { find } = searching([[route("a", "path#p#1"), a]]);
    const end = { key: 0, after: [{ pk: "path#p", sk: "b" }] };
    expect((await find({ end })).flat()).toEqual([{ route: a, key: 0 }]);
  });

  it("compares rows by the bytes of their keys", async () => {
    // By UTF-16 units the order is the other way round.
    const [last, behind] = [route("\uffee"), route("\u{1f600}")];
    const { find } = searching([[last, behind]]);
    const end = { key: 0, after: [{ pk: "path#p", sk: "\uffee" }] };
    expect((await find({ end })).flat()).toEqual([{ route: last, key: 0 }]);
  });

  it("gives no page that is empty", async () => {
    const { find } = searching([[], [a]]);
    expect(await find({})).toEqual([[{ route: a, key: 0 }]]);
  });
});

describe("subscriptions are read", () => {
  it.each([
    [100, [100]],
    [250, [100, 100, 50]],
  ])("of %i rows in batches of a hundred", async (count, sizes) => {
    const asked: number[] = [];
    const one = audience({
      wrap: (store) => ({
        ...store,
        getSubscriptions: (subscribers) => {
          asked.push(subscribers.length);
          return store.getSubscriptions(subscribers);
        },
      }),
    });
    await joinAll(one, count);
    const rows: Route[] = [];
    for await (const page of one.store.findRoutes({ path: "p", shards: 1 })) rows.push(...page);
    const pages = (async function* () {
      yield rows.map((each) => ({ route: each, key: 0 }));
    })();
    const given: number[] = [];
    for await (const page of withStored(one.context, pages)) given.push(page.length);
    expect(asked).toEqual(sizes);
    expect(given).toEqual(sizes);
    expect(await readStored(one.context, [])).toEqual([]);
    expect(asked).toEqual(sizes);
  });
});
