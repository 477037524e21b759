import { describe, expect, it } from "vitest";
import { type StreamObservation, type StreamOptions, startStream } from "../../src/local/index.ts";
import { fakeDynamoDB } from "./fakeDynamoDB.ts";
import { fakeShards, STREAM_ARN } from "./fakeShards.ts";
import { gate } from "./testGateway.ts";
import { noting, sharedDynamoDB, table } from "./testStream.ts";

const { handler } = noting();

describe("startStream refuses", () => {
  it("a table that is not there", async () => {
    const dynamoDB = await sharedDynamoDB();
    const started = startStream({ dynamoDB, tableName: "no-such-table", handler });
    await expect(started).rejects.toMatchObject({
      code: "LOCAL",
      message: `there is no table "no-such-table" at ${dynamoDB.endpoint}`,
      cause: { name: "ResourceNotFoundException" },
    });
  });

  it("a table without a stream", async () => {
    const dynamoDB = await sharedDynamoDB();
    await dynamoDB.createTable({ tableName: "table-without-stream", table });
    const started = startStream({ dynamoDB, tableName: "table-without-stream", handler });
    await expect(started).rejects.toMatchObject({
      code: "LOCAL",
      message: expect.stringContaining('"table-without-stream" has no stream. Switch it on with'),
    });
  });

  it("a table whose stream was switched off, though it still has a name", async () => {
    const { dynamoDB } = await fakeDynamoDB(() => ({
      Table: { KeySchema: [], LatestStreamArn: STREAM_ARN },
    }));
    const started = startStream({ dynamoDB, tableName: "chat", handler });
    await expect(started).rejects.toMatchObject({
      code: "LOCAL",
      message: expect.stringContaining('"chat" has no stream'),
    });
  });

  it("an emulator that has no streams", async () => {
    const Table = {
      KeySchema: [],
      LatestStreamArn: "arn",
      StreamSpecification: { StreamEnabled: true },
    };
    const { dynamoDB } = await fakeDynamoDB(({ operation }) =>
      operation === "DescribeTable" ? { Table } : "UnknownOperationException",
    );
    const started = startStream({ dynamoDB, tableName: "chat", handler });
    await expect(started).rejects.toMatchObject({
      code: "LOCAL",
      message: `the emulator at ${dynamoDB.endpoint} has no DynamoDB Streams`,
    });
  });

  it("an endpoint where nobody answers", async () => {
    const dynamoDB = { ...(await sharedDynamoDB()).clientConfig, endpoint: "http://127.0.0.1:1" };
    await expect(startStream({ dynamoDB, tableName: "chat", handler })).rejects.toMatchObject({
      code: "LOCAL",
      message: "no DynamoDB answers at http://127.0.0.1:1",
    });
  });

  it("with DynamoDB's own error for anything else", async () => {
    const { dynamoDB } = await fakeDynamoDB(() => "AccessDeniedException");
    await expect(startStream({ dynamoDB, tableName: "chat", handler })).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });
});

describe("startStream refuses an option that Lambda would not take", () => {
  it.each<[Partial<StreamOptions>, string]>([
    [{ batchSize: 0 }, "batchSize is 0: Lambda takes 1 to 10000"],
    [{ batchSize: 10_001 }, "batchSize is 10001"],
    [{ batchSize: 1.5 }, "batchSize is 1.5"],
    [{ parallelizationFactor: 11 }, "parallelizationFactor is 11: Lambda takes 1 to 10"],
    [{ maximumRetryAttempts: -1 }, "maximumRetryAttempts is -1: Lambda takes 0 to 10000"],
    [{ maximumRetryAttempts: Number.NaN }, "maximumRetryAttempts is NaN"],
    [{ batchSize: Number.POSITIVE_INFINITY }, "batchSize is Infinity"],
  ])("%o", async (options, problem) => {
    const dynamoDB = await sharedDynamoDB();
    const started = startStream({ dynamoDB, tableName: "chat", handler, ...options });
    await expect(started).rejects.toMatchObject({
      code: "LOCAL",
      message: expect.stringContaining(problem),
    });
  });
});

it("a stream that cannot be read is tried again, and told of; idle rejects meanwhile", async () => {
  const answer = fakeShards([{ id: "shard", pages: [["a1"]] }]);
  let isBroken = true;
  const { dynamoDB } = await fakeDynamoDB((call) =>
    isBroken && call.operation === "GetRecords" ? "InternalServerError" : answer(call),
  );
  const failed = gate();
  const observations: StreamObservation[] = [];
  const noted = noting();
  const stream = await startStream({
    dynamoDB,
    tableName: "chat",
    handler: noted.handler,
    pollIntervalMs: 5,
    onEvent: (observation) => {
      observations.push(observation);
      if (observation.type === "readFailed") failed.open();
    },
  });
  await failed.opened;
  await expect(stream.idle()).rejects.toMatchObject({ name: "InternalServerError" });
  isBroken = false;
  await stream.idle();
  await stream.stop();
  expect(noted.batches).toEqual([["a1"]]);
  expect(observations[0]).toMatchObject({ error: { name: "InternalServerError" } });
});
