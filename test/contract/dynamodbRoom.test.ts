import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { TableError } from "../../src/errors.ts";
import { keysOf } from "../../src/store/keys.ts";
import { frame, START_MS } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { commands, type Plan } from "./observe.ts";

/** A connection of two subscriptions, of which one was stopped: it looks full. */
async function looksFull(plan?: Plan) {
  const world = await dynamoWorld({
    maxSubscriptionsPerConnection: 2,
    ...(plan !== undefined && { plan }),
  });
  const { store, connect, subscribe } = world.bystander;
  const connection = await connect("c");
  await subscribe(connection, frame({ id: 1 }), frame({ id: 2 }));
  await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS });
  const counted = async () => {
    const row = (await world.table.rows()).find(
      ({ sk }) => sk === keysOf(undefined).connection("c").sk,
    );
    return { subscriptions: row?.["subscriptions"], recounts: row?.["recounts"] };
  };
  return { ...world, connection, counted };
}

describe("a connection that looks full", () => {
  test("is counted and corrected, each time under a number of its own", async () => {
    const { connection, subscribe, store, counted, calls } = await looksFull();
    expect(await counted()).toEqual({ subscriptions: 2, recounts: 0 });
    expect(await subscribe(connection, frame({ id: 3 }))).toEqual(["active"]);
    expect(await counted()).toEqual({ subscriptions: 2, recounts: 1 });
    await store.stop({ connectionId: "c", id: 3, requestTimeMs: START_MS });
    expect(await subscribe(connection, frame({ id: 4 }))).toEqual(["active"]);
    expect(await counted()).toEqual({ subscriptions: 2, recounts: 2 });
    expect(commands(calls).filter((name) => name === "QueryCommand")).toHaveLength(2);
  });

  test("and is full is not corrected", async () => {
    const { connection, subscribe, bystander, counted, calls } = await looksFull();
    await bystander.subscribe(connection, frame({ id: 3 }));
    const before = await counted();
    expect(await subscribe(connection, frame({ id: 4 }))).toEqual(["limit"]);
    expect(await counted()).toEqual(before);
    expect(commands(calls)).not.toContain("UpdateItemCommand");
  });

  test("is looked at again when the correction comes too late", async () => {
    let corrections = 0;
    const { connection, subscribe } = await looksFull(({ command }) => {
      if (command !== "UpdateItemCommand") return undefined;
      corrections += 1;
      return corrections === 1
        ? { refuse: new ConditionalCheckFailedException({ $metadata: {}, message: "" }) }
        : undefined;
    });
    expect(await subscribe(connection, frame({ id: 3 }))).toEqual(["active"]);
    expect(corrections).toBe(2);
  });

  test("stays as it is when the correction fails, which is told", async () => {
    const failure = new Error("denied");
    const { connection, subscribe, rows } = await looksFull(({ command }) =>
      command === "UpdateItemCommand" ? { refuse: failure } : undefined,
    );
    await expect(subscribe(connection, frame({ id: 3 }))).rejects.toBe(failure);
    expect(await rows()).toBe(1);
  });

  test("S21: and has no number was written by somebody else", async () => {
    const { connection, subscribe, table, rows } = await looksFull();
    await DynamoDBDocumentClient.from(table.observer).send(
      new UpdateCommand({
        TableName: table.tableName,
        Key: keysOf(undefined).connection("c"),
        UpdateExpression: "SET subscriptions = :text",
        ExpressionAttributeValues: { ":text": "2" },
      }),
    );
    const failing = subscribe(connection, frame({ id: 3 }));
    await expect(failing).rejects.toBeInstanceOf(TableError);
    await expect(failing).rejects.toThrow("has no number of subscriptions, so somebody else wrote");
    expect(await rows()).toBe(1);
  });
});
