import {
  type DynamoDBClient,
  ResourceNotFoundException,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, NumberValue, PutCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, onTestFinished, test } from "vitest";
import { TableError } from "../../src/errors.ts";
import { dynamodb } from "../../src/store/dynamodb/dynamodb.ts";
import type { Store } from "../../src/store/types.ts";
import { API, frame, START_MS } from "../../src/testing/store/world.ts";
import { createTestTable, emulatorClient, type TestTable } from "../testTable.ts";
import { dynamoWorld, worldOn } from "./dynamoWorld.ts";
import { observe } from "./observe.ts";

async function testTable(keys?: readonly [string, string]): Promise<TestTable> {
  const table = await createTestTable(keys);
  onTestFinished(() => table.stop());
  return table;
}

describe("a document client of the user's on the same client", () => {
  const theirOptions = {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: true },
  };

  const expectTheirs = async (
    client: DynamoDBDocumentClient,
    { tableName }: TestTable,
  ): Promise<void> => {
    const Key = { pk: "theirs", sk: "theirs" };
    const Item = { ...Key, count: 1, nothing: undefined };
    await client.send(new PutCommand({ TableName: tableName, Item }));
    const { Item: read } = await client.send(new GetCommand({ TableName: tableName, Key }));
    expect(read).toEqual({ ...Key, count: NumberValue.from("1") });
  };

  const expectOurs = async (
    table: TestTable,
    client: TestTable["dynamoDBClient"],
  ): Promise<void> => {
    const { connect, subscribe, find } = worldOn(table, { dynamoDBClient: client });
    const connection = await connect("c");
    expect(connection.connectedAt).toBe(START_MS);
    expect(await subscribe(connection, frame())).toEqual(["active"]);
    expect(await subscribe(connection, frame({ messageId: "m2" }))).toEqual(["duplicate"]);
    expect(await find({})).toEqual(["c/1"]);
  };

  test("made before the store", async () => {
    const table = await testTable();
    const theirs = DynamoDBDocumentClient.from(table.dynamoDBClient, theirOptions);
    await expectOurs(table, table.dynamoDBClient);
    await expectTheirs(theirs, table);
  });

  test("made after the store", async () => {
    const table = await testTable();
    const { connect, subscribe } = worldOn(table);
    const theirs = DynamoDBDocumentClient.from(table.dynamoDBClient, theirOptions);
    expect(await subscribe(await connect("c"), frame())).toEqual(["active"]);
    await expectTheirs(theirs, table);
  });

  test("given to the store", async () => {
    const table = await testTable();
    const theirs = DynamoDBDocumentClient.from(table.dynamoDBClient, theirOptions);
    const { connect, subscribe } = worldOn(table, { dynamoDBClient: theirs });
    const connection = await connect("c");
    expect(connection.expireAt).toBe(START_MS / 1000 + 3600);
    expect(await subscribe(connection, frame())).toEqual(["active"]);
    await expectTheirs(theirs, table);
  });
});

test("middleware added to the client after the store was made sees its calls", async () => {
  const table = await testTable();
  const { store } = worldOn(table);
  const calls = observe(table.dynamoDBClient);
  await store.getConnection("c");
  expect(calls.length).toBe(1);
});

test("a client that caches middleware can be used", async () => {
  const table = await testTable();
  table.dynamoDBClient.config.cacheMiddleware = true;
  const { connect, find } = worldOn(table);
  await connect("c");
  expect(await find({})).toEqual([]);
  expect(table.dynamoDBClient.config.cacheMiddleware).toBe(true);
});

test("every transaction carries a token of its own, which the SDK's own retries repeat", async () => {
  const busy = new TransactionCanceledException({
    $metadata: {},
    message: "busy",
    CancellationReasons: [{ Code: "TransactionConflict" }],
  });
  const { table, connect, subscribe } = await dynamoWorld();
  const connection = await connect("c");
  const bodies: string[] = [];
  table.dynamoDBClient.middlewareStack.add(
    (next) => async (args) => {
      const { body } = Object(args.request);
      bodies.push(typeof body === "string" ? body : new TextDecoder().decode(body));
      if (bodies.length === 1) throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
      if (bodies.length === 2) throw busy;
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "bodies" },
  );
  expect(await subscribe(connection, frame())).toEqual(["active"]);
  const tokens = bodies.map((body) => /"ClientRequestToken":"([^"]+)"/.exec(body)?.[1]);
  expect(tokens).toHaveLength(3);
  expect(tokens[0]).toBeTruthy();
  expect(tokens[1]).toBe(tokens[0]);
  expect(tokens[2]).not.toBe(tokens[0]);
});

const connection = {
  connectionId: "c",
  api: API,
  connectedAt: START_MS,
  expireAt: START_MS / 1000 + 60,
  paramsExpected: true,
};
const subscriber = { connectionId: "c", id: 1, jsonrpc: false };
const sent = { subscriber, requestTimeMs: START_MS };
const claim = {
  fanOutId: "f",
  part: "0",
  end: "",
  leaseUntil: START_MS,
  expireAt: START_MS / 1000,
};
const methods: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
  ["connect", (store) => store.connect(connection)],
  ["getConnection", (store) => store.getConnection("c")],
  ["setConnectionParams", (store) => store.setConnectionParams("c", null)],
  ["subscribe", (store) => store.subscribe(connection, [frame()])],
  ["stop", (store) => store.stop({ ...subscriber, requestTimeMs: START_MS })],
  ["getSubscriptions", (store) => store.getSubscriptions([subscriber])],
  ["disconnect", (store) => store.disconnect("c")],
  ["findRoutes", (store) => collect(store.findRoutes({ path: "p", shards: 2 }))],
  ["disconnectAll", (store) => store.disconnectAll([{ ...sent, key: { pk: "p", sk: "s" } }])],
  ["signingKey", (store) => store.signingKey()],
  ["fanOuts.keep", (store) => store.fanOuts.keep("f", "text", START_MS / 1000)],
  ["fanOuts.kept", (store) => store.fanOuts.kept("f")],
  ["fanOuts.claim", (store) => store.fanOuts.claim(claim)],
  ["fanOuts.finish", (store) => store.fanOuts.finish(claim)],
];

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

describe.each(methods)("%s says what is wrong with the table", (_, act) => {
  test("that does not exist", async () => {
    const dynamoDBClient = emulatorClient();
    onTestFinished(() => dynamoDBClient.destroy());
    const failure = await rejection(act(dynamodb({ tableName: "no-such-table", dynamoDBClient })));
    expect(failure.tableName).toBe("no-such-table");
    expect(failure.message).toMatch(
      /^table "no-such-table" does not exist .*"pk".*"sk".*`tableName`/,
    );
    expect(failure.cause).toBeInstanceOf(ResourceNotFoundException);
  });

  test.each([
    ["PK", "SK"],
    ["pk", "id"],
  ] as const)("whose keys are %s and %s", async (...keys) => {
    const table = await testTable(keys);
    const failure = await rejection(act(dynamodb(table)));
    expect(failure.tableName).toBe(table.tableName);
    expect(failure.message).toMatch(/ has other keys than partition key "pk" and sort key "sk"/);
  });
});

async function rejection(promise: Promise<unknown>): Promise<TableError> {
  const failure: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof TableError)) throw failure;
  return failure;
}

describe("DynamoDB's own words for a wrong key", () => {
  test.each([
    "The provided key element does not match the schema",
    "One or more parameter values were invalid: Missing the key sk in the item",
    "One or more parameter values were invalid: Type mismatch for key pk expected: N actual: S",
    "Query condition missed key schema element: id",
    "The number of conditions on the keys is invalid",
  ])("%s", async (message) => {
    const validation = Object.assign(new Error(message), { name: "ValidationException" });
    await rejection(mocked(validation).getConnection("c"));
    const reason = { Code: "ValidationError", Message: message };
    const cancelled = new TransactionCanceledException({
      $metadata: {},
      message,
      CancellationReasons: [{ Code: "None" }, reason],
    });
    await rejection(mocked(cancelled).subscribe(connection, [frame()]));
  });

  test("are not taken from other refusals", async () => {
    const message = "Item size has exceeded the maximum allowed size";
    const validation = Object.assign(new Error(message), { name: "ValidationException" });
    await expect(mocked(validation).getConnection("c")).rejects.toBe(validation);
    const theirs = new Error("Missing the key of the vault");
    await expect(mocked(theirs).getConnection("c")).rejects.toBe(theirs);
  });
});

/** A store all of whose calls fail. */
function mocked(error: Error): Store {
  const dynamoDBClient: DynamoDBClient = emulatorClient();
  const mock = mockClient(DynamoDBDocumentClient);
  mock.rejects(error);
  onTestFinished(() => {
    mock.restore();
    dynamoDBClient.destroy();
  });
  return dynamodb({ tableName: "table", dynamoDBClient });
}
