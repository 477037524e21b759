import { describe, expect, test } from "vitest";
import type { Route } from "../../src/store/types.ts";
import { everyone, filtered, frame, PATH, START_MS } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { countInFlight } from "./inFlight.ts";
import { commands, type Plan } from "./observe.ts";
import { connectionIds, putRoutes } from "./routeRows.ts";

const a = filtered("a", [["v", 1]]);
const b = filtered("b", [["v", 1]]);
const except = [a.filter];

describe("with other filters a row is left out", () => {
  test("whose subscription was stopped by somebody who died before the deletions", async () => {
    const died = new Error("the process died");
    const plan: Plan = ({ command }) =>
      command === "BatchWriteItemCommand" ? { refuse: died } : undefined;
    const { store, bystander, find } = await dynamoWorld({ plan });
    await bystander.subscribe(await bystander.connect("c"), frame({ routes: [b] }));
    expect(await find({ ...b, except })).toEqual(["c/1"]);
    const request = { connectionId: "c", id: 1, requestTimeMs: START_MS + 1 };
    await expect(store.stop(request)).rejects.toBe(died);
    expect(await find(b)).toEqual(["c/1"]);
    expect(await find({ ...b, except })).toEqual([]);
  });

  test("whose subscription is another one by now, or is not there", async () => {
    const { table, connect, subscribe, store, find } = await dynamoWorld();
    await subscribe(await connect("c"), frame({ routes: [b] }));
    const old = { ...b, connectionId: "c", requestTimeMs: START_MS - 1 };
    await putRoutes(table, [old, { ...b, connectionId: "unknown" }]);
    expect(await find(b)).toEqual(["c/1", "c/1", "unknown/1"]);
    const found: Route[] = [];
    for await (const page of store.findRoutes({ ...b, shards: 1, except })) found.push(...page);
    expect(found.map(({ requestTimeMs }) => requestTimeMs)).toEqual([START_MS]);
  });

  test("whose subscription has expired before it", async () => {
    const { clock, table, connect, subscribe, find } = await dynamoWorld();
    const expireAt = START_MS / 1000 + 60;
    await subscribe(await connect("c", { expireAt }), frame({ routes: [b] }));
    await putRoutes(table, [{ ...b, connectionId: "c", requestTimeMs: START_MS }]);
    clock.nowMs += 60_000;
    expect(await find({ path: PATH, filter: "name#b#" })).toHaveLength(1);
    expect(await find({ ...b, except })).toEqual([]);
  });
});

test("subscriptions are read in batches of 100, four at once, strongly consistent", async () => {
  const { table, calls, connect, subscribe, find } = await dynamoWorld();
  const connections = await Promise.all(connectionIds(20).map((name) => connect(name)));
  for (const connection of connections) {
    const routes = [b, everyone];
    await subscribe(connection, ...Array.from({ length: 50 }, (_, id) => frame({ id, routes })));
  }
  const flight = countInFlight(table.dynamoDBClient, "BatchGetItemCommand");
  const before = calls.length;
  expect(await find({ ...b, except })).toHaveLength(1000);
  const asked = calls.slice(before);
  expect(commands(asked).filter((one) => one === "QueryCommand")).toHaveLength(2);
  const batches = asked.filter(({ command }) => command === "BatchGetItemCommand");
  // 250 rows, then 750.
  expect(batches).toHaveLength(3 + 8);
  const consistent = batches.filter(({ input }) =>
    JSON.stringify(input).includes('"ConsistentRead":true'),
  );
  expect(consistent).toHaveLength(11);
  expect(flight.most).toBe(4);
});

test("no other filters cost nothing", async () => {
  const { calls, connect, subscribe, find } = await dynamoWorld();
  await subscribe(await connect("c"), frame({ routes: [b] }));
  const before = calls.length;
  expect(await find({ ...b, except: [] })).toEqual(["c/1"]);
  expect(commands(calls.slice(before))).toEqual(["QueryCommand"]);
});
