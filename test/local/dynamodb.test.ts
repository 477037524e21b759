import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type LocalDynamoDB, startDynamoDB, type TableDefinition } from "../../src/local/index.ts";
import { bundleProgram } from "../bundledProgram.ts";

const table: TableDefinition = {
  partitionKey: { name: "pk", type: "S" },
  sortKey: { name: "sk", type: "S" },
  timeToLiveAttribute: "expireAt",
};

beforeEach(() => {
  vi.stubEnv("DYNAMODB_ENDPOINT", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function started(): Promise<LocalDynamoDB> {
  const dynamoDB = await startDynamoDB();
  onTestFinished(() => dynamoDB.stop());
  return dynamoDB;
}

function clientOf({ clientConfig }: LocalDynamoDB): DynamoDBClient {
  const client = new DynamoDBClient(clientConfig);
  onTestFinished(() => client.destroy());
  return client;
}

/** Connects to a server; `ended` resolves when the server is gone. */
async function watch(endpoint: string): Promise<{ readonly ended: Promise<void> }> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  // A server that is killed before it accepted the connection resets it.
  socket.on("error", () => undefined);
  return { ended: new Promise((resolve) => socket.on("close", () => resolve())) };
}

test("a table is created from plain data, with its TTL, and holds rows", async () => {
  const dynamoDB = await started();
  await dynamoDB.createTable({ tableName: "chat", table });
  const client = clientOf(dynamoDB);
  const { Table } = await client.send(new DescribeTableCommand({ TableName: "chat" }));
  expect(Table).toMatchObject({
    TableStatus: "ACTIVE",
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
  const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: "chat" }));
  expect(ttl.TimeToLiveDescription).toMatchObject({
    AttributeName: "expireAt",
    TimeToLiveStatus: expect.stringMatching(/^ENABL/),
  });
  const Item = { pk: { S: "a" }, sk: { S: "b" }, expireAt: { N: "4102444800" } };
  await client.send(new PutItemCommand({ TableName: "chat", Item }));
  const Key = { pk: { S: "a" }, sk: { S: "b" } };
  expect((await client.send(new GetItemCommand({ TableName: "chat", Key }))).Item).toEqual(Item);
});

test("a table that exists keeps its rows", async () => {
  const dynamoDB = await started();
  await dynamoDB.createTable({ tableName: "chat", table });
  const client = clientOf(dynamoDB);
  const Key = { pk: { S: "a" }, sk: { S: "b" } };
  await client.send(new PutItemCommand({ TableName: "chat", Item: Key }));
  await dynamoDB.createTable({ tableName: "chat", table });
  expect((await client.send(new GetItemCommand({ TableName: "chat", Key }))).Item).toEqual(Key);
});

test("what the emulator refuses is thrown", async () => {
  const dynamoDB = await started();
  await expect(dynamoDB.createTable({ tableName: "x", table })).rejects.toMatchObject({
    name: "ValidationException",
  });
});

test("two of them do not share tables", async () => {
  const [first, second] = [await started(), await started()];
  await first.createTable({ tableName: "chat", table });
  const described = clientOf(second).send(new DescribeTableCommand({ TableName: "chat" }));
  await expect(described).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test("stop ends the process, twice too", async () => {
  const dynamoDB = await startDynamoDB();
  const { ended } = await watch(dynamoDB.endpoint);
  await Promise.all([dynamoDB.stop(), dynamoDB.stop()]);
  await ended;
  await expect(watch(dynamoDB.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("DYNAMODB_ENDPOINT is used, and left running", async () => {
  const running = await started();
  vi.stubEnv("DYNAMODB_ENDPOINT", running.endpoint);
  const used = await startDynamoDB();
  expect(used.clientConfig).toEqual(running.clientConfig);
  await used.createTable({ tableName: "chat", table });
  await used.stop();
  const { Table } = await clientOf(running).send(new DescribeTableCommand({ TableName: "chat" }));
  expect(Table?.TableName).toBe("chat");
});

/** A process that starts a DynamoDB, tells where, reads a line, and then does `last`. */
async function owner(
  last: string,
): Promise<ChildProcess & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream }> {
  const module = await bundleProgram(new URL("../../src/local/index.ts", import.meta.url));
  const script = `
    import { startDynamoDB } from ${JSON.stringify(module)};
    const dynamoDB = await startDynamoDB();
    process.stdout.write(dynamoDB.endpoint);
    process.stdin.once("data", async () => { ${last} });
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

test.each([
  ["is killed", "process.kill(process.pid, 'SIGKILL');"],
  ["gets SIGTERM", "process.kill(process.pid, 'SIGTERM');"],
  ["gets SIGINT", "process.kill(process.pid, 'SIGINT');"],
  ["exits", "process.exit(0);"],
  ["throws", "throw new Error('uncaught');"],
])("it ends with its process when that %s", async (_what, last) => {
  const child = await owner(last);
  const [endpoint] = await once(child.stdout, "data");
  const { ended } = await watch(String(endpoint));
  child.stdin.write("\n");
  await ended;
});

test("a process that stopped it ends by itself", async () => {
  const child = await owner("await dynamoDB.stop(); process.stdin.destroy();");
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  child.stdin.write("\n");
  expect(await exited).toEqual([0, null]);
});

test("no listener stays on the process", async () => {
  const events = ["exit", "SIGINT", "SIGTERM", "uncaughtException"];
  const before = events.map((event) => process.listenerCount(event));
  await started();
  expect(events.map((event) => process.listenerCount(event))).toEqual(before);
});
