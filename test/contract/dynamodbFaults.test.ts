import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { MAX_TRIES } from "../../src/store/dynamodb/retry.ts";
import { everyone, filtered, frame, START_MS } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { type Call, commands, type Fault, type Plan } from "./observe.ts";

const $metadata = {};
const routes = [everyone, filtered("a", [["v", 1]])];
const stop = { connectionId: "c", id: 1, requestTimeMs: START_MS };

function cancelled(...codes: readonly string[]): TransactionCanceledException {
  return new TransactionCanceledException({
    $metadata,
    message: "Transaction cancelled",
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
}

/** Lets the first calls of a command fail. */
function failFirst(command: string, times: number, fault: (call: Call) => Fault): Plan {
  let failed = 0;
  return (call) => {
    if (call.command !== command || failed >= times) return undefined;
    failed += 1;
    return fault(call);
  };
}

const count = (calls: readonly Call[], command: string): number =>
  commands(calls).filter((one) => one === command).length;

describe("a transaction that may succeed later is tried again", () => {
  test.each([
    ["TransactionConflict", cancelled("TransactionConflict", "None", "None")],
    ["ThrottlingError", cancelled("None", "ThrottlingError", "None")],
    ["ProvisionedThroughputExceeded", cancelled("None", "None", "ProvisionedThroughputExceeded")],
    ["TransactionInProgress", new TransactionInProgressException({ $metadata, message: "busy" })],
  ])("%s", async (_, refuse) => {
    const plan = failFirst("TransactWriteItemsCommand", 3, () => ({ refuse }));
    const { calls, rows, connect, subscribe } = await dynamoWorld({ plan });
    expect(await subscribe(await connect("c"), frame({ routes }))).toEqual(["active"]);
    expect(count(calls, "TransactWriteItemsCommand")).toBe(4);
    expect(await rows()).toBe(2);
  });

  test("but not for ever", async () => {
    const refuse = cancelled("TransactionConflict");
    const plan = failFirst("TransactWriteItemsCommand", 1000, () => ({ refuse }));
    const { calls, rows, connect, subscribe } = await dynamoWorld({ plan });
    const connection = await connect("c");
    await expect(subscribe(connection, frame())).rejects.toBe(refuse);
    expect(count(calls, "TransactWriteItemsCommand")).toBe(MAX_TRIES);
    expect(await rows()).toBe(0);
  });

  test("after its answer was lost it is found done, and counted once", async () => {
    const loseAnswer = new TransactionInProgressException({ $metadata, message: "busy" });
    const plan = failFirst("TransactWriteItemsCommand", 1, () => ({ loseAnswer }));
    const world = await dynamoWorld({ plan, maxSubscriptionsPerConnection: 2 });
    const connection = await world.connect("c");
    const frames = [frame({ id: 1 }), frame({ id: 2 })];
    // Not `repeated`: no other invocation runs their hooks.
    const active = { status: "active" };
    expect(await world.store.subscribe(connection, frames)).toEqual([active, active]);
    expect(await world.rows()).toBe(2);
    expect((await world.table.rows())[0]).toMatchObject({ subscriptions: 2 });
  });

  test("with a reason of its own each time, of which one is final", async () => {
    const { bystander, ...world } = await dynamoWorld();
    const connection = await world.connect("c");
    await bystander.subscribe(connection, frame({ id: "taken" }));
    const batch = ["a", "taken", "b"].map((id) => frame({ id, messageId: "m2", routes }));
    expect(await world.subscribe(connection, ...batch)).toEqual(["active", "duplicate", "active"]);
    expect(count(world.calls, "TransactWriteItemsCommand")).toBe(2);
  });
});

describe("a write that a transaction is in the way of is tried again", () => {
  const refuse = new TransactionConflictException({ $metadata, message: "Transaction is ongoing" });

  test.each(["stop", "disconnect", "setConnectionParams"] as const)("%s", async (method) => {
    const plan = failFirst("UpdateItemCommand", 3, () => ({ refuse }));
    const { store, calls, rows, connect, subscribe } = await dynamoWorld({ plan });
    await subscribe(await connect("c", { paramsExpected: true }), frame());
    if (method === "setConnectionParams") {
      expect(await store.setConnectionParams("c", { token: "t" })).toBe("stored");
    } else {
      await (method === "stop" ? store.stop(stop) : store.disconnect("c"));
      expect(await rows()).toBe(0);
    }
    expect(count(calls, "UpdateItemCommand")).toBe(4);
  });
});

interface Keys {
  readonly Keys: readonly unknown[];
}

/** Holds back the first requests of a batch, as DynamoDB does under load. */
const holdBack =
  (part: number) =>
  ({ command, input }: Call): Fault => {
    const [[tableName, asked] = ["", []]] = Object.entries<readonly unknown[] | Keys>(
      Object(input["RequestItems"]),
    );
    const isWrite = command === "BatchWriteItemCommand";
    const requests = "Keys" in asked ? asked.Keys : asked;
    const batch = (some: readonly unknown[]): Record<string, unknown> => ({
      [tableName]: isWrite ? some : { ...asked, Keys: some },
    });
    const held = {
      [isWrite ? "UnprocessedItems" : "UnprocessedKeys"]: batch(requests.slice(0, part)),
    };
    return requests.length > part
      ? { input: { RequestItems: batch(requests.slice(part)) }, edit: () => held }
      : { answer: held };
  };

describe("what a batch left undone is done", () => {
  test("UnprocessedItems", async () => {
    const plan = failFirst("BatchWriteItemCommand", 3, holdBack(1));
    const { store, calls, rows, connect, subscribe } = await dynamoWorld({ plan });
    const frames = Array.from({ length: 20 }, (_, id) => frame({ id, routes }));
    await subscribe(await connect("c"), ...frames);
    expect((await store.disconnect("c")).length).toBe(20);
    expect(await rows()).toBe(0);
    expect(count(calls, "BatchWriteItemCommand")).toBe(5);
  });

  test("UnprocessedItems at every try", async () => {
    const { store, calls, rows, connect, subscribe } = await dynamoWorld({
      plan: failFirst("BatchWriteItemCommand", 1000, (call) =>
        JSON.stringify(call.input).includes("connection#c#subscription#%n0#")
          ? holdBack(1)(call)
          : {},
      ),
    });
    const frames = Array.from({ length: 90 }, (_, id) => frame({ id }));
    await subscribe(await connect("c"), ...frames);
    await expect(store.disconnect("c")).rejects.toThrow(ProvisionedThroughputExceededException);
    await expect(store.disconnect("c")).rejects.toThrow(/^1 rows were not deleted: .* throttled/);
    // The other batches were done all the same.
    expect(await rows()).toBe(1);
    expect(count(calls, "BatchWriteItemCommand")).toBe(2 * (MAX_TRIES + 3));
  });

  test("when one batch fails for good, the failure waits for the others", async () => {
    const refuse = new Error("connection reset");
    let batches = 0;
    let done = 0;
    const { store, connect, subscribe } = await dynamoWorld({
      plan: ({ command }) => {
        if (command !== "BatchWriteItemCommand") return undefined;
        batches += 1;
        if (batches === 1) return { refuse };
        const before = async (): Promise<void> => {
          await new Promise(setImmediate);
          done += 1;
        };
        return { before };
      },
    });
    const frames = Array.from({ length: 90 }, (_, id) => frame({ id }));
    await subscribe(await connect("c"), ...frames);
    await expect(store.disconnect("c")).rejects.toBe(refuse);
    expect(done).toBe(3);
  });

  test("UnprocessedKeys", async () => {
    const plan = failFirst("BatchGetItemCommand", 2, holdBack(2));
    const { store, calls, connect, subscribe } = await dynamoWorld({ plan });
    const connection = await connect("c");
    const ids = [1, 2, 3, 4, 5];
    await subscribe(connection, ...ids.map((id) => frame({ id })));
    const found = await store.getSubscriptions(ids.map((id) => ({ connectionId: "c", id })));
    expect(found.map(({ id }) => id).toSorted()).toEqual(ids);
    expect(count(calls, "BatchGetItemCommand")).toBe(3);
  });
});

describe("pages", () => {
  /** Makes every page one row long. */
  const onePerPage: Plan = ({ command }) =>
    command === "QueryCommand" ? { input: { Limit: 1 } } : undefined;
  const perRow: Plan = (call) => {
    const fault = onePerPage(call, 0);
    return fault && { input: { ...call.input, ...fault.input } };
  };

  test("an empty page is not the last one", async () => {
    const { clock, bystander, find, ...world } = await dynamoWorld({ plan: perRow });
    const endsEarly = { expireAt: START_MS / 1000 + 60 };
    for (const name of ["a1", "a2", "a3", "z1"]) {
      await bystander.subscribe(await bystander.connect(name, endsEarly), frame());
    }
    for (const name of ["m1", "m2"]) {
      const connection = await bystander.connect(name);
      await bystander.subscribe(connection, frame(), frame({ id: 2, routes }));
    }
    clock.nowMs += 60_000;
    expect(await find({})).toEqual(["m1/1", "m1/2", "m2/1", "m2/2"]);
    await world.store.disconnect("m1");
    expect(await find({})).toEqual(["m2/1", "m2/2"]);
  });

  test("a shard that fails fails the search, whenever it fails", async () => {
    const refuse = new Error("connection reset");
    for (const shard of ["#1", "#2", ""]) {
      const plan: Plan = ({ command, input }) => {
        const { ":pk": pk } = Object(input["ExpressionAttributeValues"]);
        return command === "QueryCommand" && pk === `path#chat.onMessage${shard}`
          ? { refuse }
          : undefined;
      };
      const { find } = await dynamoWorld({ plan });
      await expect(find({ shards: 3 })).rejects.toBe(refuse);
    }
  });
});

test("any other error is handed on as it is, at once", async () => {
  const refuse = new Error("no credentials");
  const { store, calls } = await dynamoWorld({ plan: () => ({ refuse }) });
  await expect(store.disconnect("c")).rejects.toBe(refuse);
  await expect(store.getConnection("c")).rejects.toBe(refuse);
  expect(calls.length).toBe(2);
});
