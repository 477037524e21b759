import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { MAX_TRIES } from "../../src/store/dynamodb/retry.ts";
import type { Route } from "../../src/store/types.ts";
import { everyone, filtered, frame } from "../../src/testing/store/world.ts";
import { type DynamoWorld, dynamoWorld } from "./dynamoWorld.ts";
import { found } from "./found.ts";
import { commands, type Plan } from "./observe.ts";
import { connectionIds, putRoutes } from "./routeRows.ts";

const filter = filtered("a", [["v", 1]]);
const routes = [everyone, filter];

/** Connections with one subscription each. */
async function audience(count: number, plan?: Plan): Promise<DynamoWorld> {
  const world = await dynamoWorld(plan === undefined ? {} : { plan });
  for (const name of connectionIds(count)) {
    await world.bystander.subscribe(await world.bystander.connect(name), frame({ routes }));
  }
  return world;
}

describe("calls for 100 closed connections", () => {
  const callsFor = async (
    world: DynamoWorld,
    gone: readonly Route[],
  ): Promise<readonly string[]> => {
    const before = world.calls.length;
    await world.store.disconnectAll(gone);
    expect(await world.rows()).toBe(0);
    return commands(world.calls.slice(before)).toSorted();
  };
  const times = (count: number, command: string): readonly string[] =>
    Array.from({ length: count }, () => `${command}Command`);

  test("12, with one subscription each", async () => {
    const world = await audience(100);
    expect(await callsFor(world, await found(world.bystander.store))).toEqual([
      ...times(2, "BatchGetItem"),
      // 200 routes.
      ...times(8, "BatchWriteItem"),
      ...times(2, "TransactWriteItems"),
    ]);
  });

  test("22, with two each that were both found", async () => {
    const world = await audience(100);
    for (const name of connectionIds(100)) {
      const connection = await world.bystander.store.getConnection(name);
      if (connection === undefined) throw new Error("not connected");
      await world.bystander.subscribe(connection, frame({ id: 2, routes }));
    }
    expect(await callsFor(world, await found(world.bystander.store))).toEqual([
      ...times(4, "BatchGetItem"),
      ...times(16, "BatchWriteItem"),
      ...times(2, "TransactWriteItems"),
    ]);
  });

  test("one more for each that has others", async () => {
    const world = await audience(100);
    for (const name of connectionIds(100)) {
      const connection = await world.bystander.store.getConnection(name);
      if (connection === undefined) throw new Error("not connected");
      await world.bystander.subscribe(connection, frame({ id: 2, routes: [everyone] }));
    }
    expect(await callsFor(world, await found(world.bystander.store, filter))).toEqual([
      ...times(2, "BatchGetItem"),
      ...times(12, "BatchWriteItem"),
      ...times(100, "Query"),
      ...times(2, "TransactWriteItems"),
    ]);
  });
});

describe("marks that other writers are in the way of", () => {
  const refuse = new TransactionCanceledException({
    $metadata: {},
    message: "busy",
    CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }],
  });
  const refuseFirst = (count: number): Plan => {
    let refused = 0;
    return ({ command }) => {
      if (command !== "TransactWriteItemsCommand" || refused >= count) return undefined;
      refused += 1;
      return { refuse };
    };
  };

  test("are made together again", async () => {
    const { store, calls, rows } = await audience(3, refuseFirst(2));
    const gone = await found(store);
    expect(await store.disconnectAll(gone)).toHaveLength(3);
    const marks = [
      "TransactWriteItemsCommand",
      "TransactWriteItemsCommand",
      "TransactWriteItemsCommand",
    ];
    expect(commands(calls).slice(1)).toEqual([
      ...marks,
      "BatchGetItemCommand",
      "BatchWriteItemCommand",
    ]);
    expect(await rows()).toBe(0);
  });

  test("are made one by one in the end", async () => {
    const { store, calls, rows } = await audience(3, refuseFirst(1000));
    const gone = await found(store);
    expect(await store.disconnectAll(gone)).toHaveLength(3);
    const marks = commands(calls).filter((one) => /Transact|Update/.test(one));
    expect(marks).toEqual([
      ...Array.from({ length: MAX_TRIES }, () => "TransactWriteItemsCommand"),
      ...Array.from({ length: 3 }, () => "UpdateItemCommand"),
    ]);
    expect(await rows()).toBe(0);
  });
});

test("a route that no subscription names any more is removed with the rest", async () => {
  const { table, store, rows } = await audience(1);
  await putRoutes(table, [{ connectionId: "unknown" }]);
  expect(await store.disconnectAll(await found(store))).toHaveLength(1);
  expect(await rows()).toBe(0);
});

test("keys that a batch left unread are not taken for rows that are not there", async () => {
  let held = false;
  const { store, bystander, rows } = await dynamoWorld({
    plan: ({ command, input }) => {
      if (command !== "BatchGetItemCommand" || held) return undefined;
      held = true;
      return { answer: { UnprocessedKeys: input["RequestItems"] } };
    },
  });
  const frames = [1, 2, 3].map((id) => frame({ id, routes: id === 1 ? routes : [everyone] }));
  await bystander.subscribe(await bystander.connect("c"), ...frames);
  const gone = await found(store, filter);
  expect(await store.disconnectAll(gone)).toHaveLength(3);
  expect(held).toBe(true);
  expect(await rows()).toBe(0);
});

test("a closed connection keeps neither its session nor its connectionParams", async () => {
  const { table, store, bystander } = await dynamoWorld();
  for (const name of ["c1", "c2"]) {
    const connection = await bystander.connect(name, { session: "secret", paramsExpected: true });
    await store.setConnectionParams(name, { token: "secret" });
    await bystander.subscribe(connection, frame());
  }
  await store.disconnect("c1");
  await store.disconnectAll(await found(store));
  expect(JSON.stringify(await table.rows())).not.toContain("secret");
});
