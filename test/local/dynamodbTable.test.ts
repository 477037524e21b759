import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { startDynamoDB, type TableDefinition } from "../../src/local/index.ts";

const table: TableDefinition = {
  partitionKey: { name: "pk", type: "S" },
  sortKey: { name: "sk", type: "S" },
  timeToLiveAttribute: "expireAt",
};

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Answers of a DynamoDB by operation: an object, or the name of an error. */
type Answers = Readonly<Record<string, object | string>>;

const ACTIVE = { Table: { TableName: "chat", TableStatus: "ACTIVE" } };

/** Creates a table at a DynamoDB that answers so; gives the operations it was asked for. */
async function createTableAt(answers: Answers): Promise<string[]> {
  const operations: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const operation = String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", "");
    operations.push(operation);
    const answer = answers[operation] ?? "UnknownOperationException";
    response.statusCode = typeof answer === "string" ? 400 : 200;
    response.setHeader("content-type", "application/x-amz-json-1.0");
    const body = typeof answer === "string" ? { __type: `com.amazonaws#${answer}` } : answer;
    response.end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("DYNAMODB_ENDPOINT", `http://127.0.0.1:${port}`);
  await (await startDynamoDB()).createTable({ tableName: "chat", table });
  return operations;
}

test("a TTL that is on already is not switched on again, which DynamoDB refuses", async () => {
  const operations = await createTableAt({
    CreateTable: "ResourceInUseException",
    DescribeTable: ACTIVE,
    DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: "ENABLED" } },
    UpdateTimeToLive: "ValidationException",
  });
  expect(operations).toEqual(["CreateTable", "DescribeTable", "DescribeTimeToLive"]);
});

test("a TTL that is off is switched on", async () => {
  const operations = await createTableAt({
    CreateTable: ACTIVE,
    DescribeTable: ACTIVE,
    DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: "DISABLED" } },
    UpdateTimeToLive: {},
  });
  expect(operations.at(-1)).toBe("UpdateTimeToLive");
});

test("an emulator without TTL is tolerated", async () => {
  const operations = await createTableAt({ CreateTable: ACTIVE, DescribeTable: ACTIVE });
  expect(operations.at(-1)).toBe("DescribeTimeToLive");
});

test("any other refusal of the TTL is thrown", async () => {
  const refused = createTableAt({
    CreateTable: ACTIVE,
    DescribeTable: ACTIVE,
    DescribeTimeToLive: {},
    UpdateTimeToLive: "AccessDeniedException",
  });
  await expect(refused).rejects.toMatchObject({ name: "AccessDeniedException" });
});
