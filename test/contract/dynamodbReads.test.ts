import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { filterKey } from "../../src/store/filterKeys.ts";
import type { Route, RouteQuery } from "../../src/store/types.ts";
import { frame, PATH, START_MS, type World } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { countInFlight } from "./inFlight.ts";
import { type Call, commands } from "./observe.ts";
import { connectionIds, putRoutes } from "./routeRows.ts";

const MB = 1024 * 1024;
const all = (connections: readonly string[], path = PATH) =>
  connections.map((connectionId) => ({ connectionId, path }));
const rawRows = (count: number) => all(connectionIds(count));

async function read(
  { store }: World,
  query: Partial<RouteQuery> = {},
): Promise<readonly (readonly Route[])[]> {
  const pages: (readonly Route[])[] = [];
  for await (const page of store.findRoutes({ path: PATH, shards: 1, ...query })) pages.push(page);
  return pages;
}

const units = (calls: readonly Call[]): number => calls.reduce((sum, call) => sum + call.units, 0);

describe("a strongly consistent read", () => {
  const path = "rooms.onMessage";
  const roomKey = (roomId: string): string =>
    filterKey({ name: "byRoom", ctx: [], input: [["roomId", roomId]] });
  const inRoom = (roomId: string, count: number, from = 0) =>
    connectionIds(count, from).map((connectionId) => ({
      connectionId,
      path,
      filter: roomKey(roomId),
    }));

  test("costs at most 45 units per 1,000 recipients, whoever else is on the route", async () => {
    const world = await dynamoWorld();
    const roomId = randomUUID();
    const query = { path, filter: roomKey(roomId) };
    await putRoutes(world.table, inRoom(roomId, 1000));
    expect((await read(world, query)).flat()).toHaveLength(1000);
    const alone = units(world.calls);
    expect(alone).toBeLessThanOrEqual(45);
    // Not 0 because nobody counts: the rows themselves, in units of 4 KB.
    const rows = await world.table.routeRows();
    const bytes = rows.reduce(
      (sum, { pk, sk }) => sum + "pkskexpireAt".length + pk.length + sk.length,
      0,
    );
    expect(alone).toBeGreaterThanOrEqual(bytes / 4096);

    const others = Array.from({ length: 20 }, (_, room) => inRoom(randomUUID(), 1000, 1000 * room));
    await putRoutes(world.table, others.flat());
    const before = world.calls.length;
    expect((await read(world, query)).flat()).toHaveLength(1000);
    expect(units(world.calls.slice(before))).toBe(alone);

    const asked = world.calls.length;
    const everybody = (
      await read(world, { path, filter: filterKey({ name: "byRoom", ctx: [] }) })
    ).flat();
    expect(everybody).toHaveLength(21_000);
    expect(world.calls.length - asked).toBeLessThanOrEqual(Math.ceil((21 * bytes) / MB) + 1);
  }, 60_000);
});

describe("pages", () => {
  test("the first one of each shard is small, the others are as large as they can be", async () => {
    const world = await dynamoWorld();
    const sharded = [0, 1].flatMap((shard) => rawRows(600).map((row) => ({ ...row, shard })));
    await putRoutes(world.table, sharded);
    const pages = await read(world, { shards: 2 });
    expect(pages.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([
      250, 250, 350, 350,
    ]);
    expect(world.calls.map(({ input }) => input["Limit"]).toSorted()).toEqual([
      250,
      250,
      undefined,
      undefined,
    ]);
  });

  test("one that is cut where it ends is followed by nothing", async () => {
    const world = await dynamoWorld();
    await putRoutes(world.table, rawRows(250));
    expect((await read(world)).map(({ length }) => length)).toEqual([250]);
    expect(world.calls.length).toBeLessThanOrEqual(2);
    await putRoutes(world.table, [{ connectionId: "one", path: "another" }]);
    const before = world.calls.length;
    expect((await read(world, { path: "another" })).flat()).toHaveLength(1);
    expect(world.calls.length - before).toBe(1);
  });

  test("those of a small page may all have expired", async () => {
    const world = await dynamoWorld();
    const expireAt = START_MS / 1000;
    const gone = connectionIds(300).map((connectionId) => ({ connectionId, expireAt }));
    await putRoutes(world.table, [...gone, { connectionId: "live" }]);
    expect((await read(world)).map(({ length }) => length)).toEqual([1]);
    expect(commands(world.calls)).toEqual(["QueryCommand", "QueryCommand"]);
  });

  test("a search goes on behind a key of nothing but pk and sk", async () => {
    const world = await dynamoWorld();
    await putRoutes(world.table, rawRows(3));
    const [first] = (await read(world)).flat();
    if (first === undefined) throw new Error("nothing was found");
    const key = { ...first.key, expireAt: 1 };
    expect((await read(world, { after: [key] })).flat()).toHaveLength(2);
    expect(world.calls.at(-1)?.input["ExclusiveStartKey"]).toEqual(first.key);
    expect(world.calls.at(-1)?.input["Limit"]).toBe(250);
  });
});

describe("reading on demand", () => {
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };

  test("a page of one shard is read when it is asked for", async () => {
    const { store, table, calls } = await dynamoWorld();
    await putRoutes(table, rawRows(600));
    const routes = store.findRoutes({ path: PATH, shards: 1 });
    const pages = routes[Symbol.asyncIterator]();
    expect(calls.length).toBe(0);
    await pages.next();
    await settle();
    expect(calls.length).toBe(1);
    await pages.next();
    await settle();
    expect(calls.length).toBe(2);
    expect((await pages.next()).done).toBe(true);
    expect(calls.length).toBe(2);
  });

  test("of many shards eight pages are held, and one more is asked for with each that is taken", async () => {
    const { store, table, calls } = await dynamoWorld();
    const flight = countInFlight(table.dynamoDBClient);
    const shards = 20;
    const rows = Array.from({ length: shards }, (_, shard) =>
      connectionIds(255, shard * 255).map((connectionId) => ({ connectionId, shard })),
    );
    await putRoutes(table, rows.flat());
    const pages = store.findRoutes({ path: PATH, shards })[Symbol.asyncIterator]();
    const found: Route[] = [];
    let taken = 0;
    for (let page = await pages.next(); page.done !== true; page = await pages.next()) {
      taken += 1;
      found.push(...page.value);
      await expect.poll(() => flight.now).toBe(0);
      await settle();
      // Those handed out, and at most eight that wait.
      expect(calls.length).toBeLessThanOrEqual(taken + 7);
    }
    expect(flight.most).toBe(8);
    expect(calls.length).toBe(2 * shards);
    expect(new Set(found.map(({ subscriber }) => subscriber.connectionId)).size).toBe(255 * shards);
    expect(found).toHaveLength(255 * shards);
  });

  test("getSubscriptions reads four batches of 100 at once", async () => {
    const { store, table, calls, connect, subscribe } = await dynamoWorld({
      maxSubscriptionsPerConnection: 1000,
    });
    const connection = await connect("c");
    const ids = Array.from({ length: 950 }, (_, id) => id);
    await subscribe(connection, ...ids.map((id) => frame({ id, routes: [] })));
    const flight = countInFlight(table.dynamoDBClient);
    const before = calls.length;
    const found = await store.getSubscriptions(ids.map((id) => ({ connectionId: "c", id })));
    expect(found.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual(ids);
    expect(calls.length - before).toBe(10);
    expect(flight.most).toBe(4);
  });
});
