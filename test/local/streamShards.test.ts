import { describe, expect, it } from "vitest";
import { type StreamObservation, type StreamOptions, startStream } from "../../src/local/index.ts";
import { type FakeAnswer, type FakeCall, fakeDynamoDB } from "./fakeDynamoDB.ts";
import { type FakeShard, fakeShards, STREAM_ARN } from "./fakeShards.ts";
import { gate } from "./testGateway.ts";
import { noting, rowsOf } from "./testStream.ts";

/** Rows of the batches that a stream gives until it is idle. */
async function batchesOf(
  answer: (call: FakeCall) => FakeAnswer,
  options: Partial<StreamOptions> = {},
): Promise<{
  readonly batches: readonly (readonly string[])[];
  readonly calls: readonly FakeCall[];
}> {
  const { dynamoDB, calls } = await fakeDynamoDB(answer);
  const { batches, handler } = noting();
  const stream = await startStream({ dynamoDB, tableName: "chat", handler, ...options });
  try {
    await stream.idle();
  } finally {
    await stream.stop();
  }
  return { batches, calls };
}

const FAMILY: readonly FakeShard[] = [
  // Listed before the shard that it goes on from.
  { id: "child", parent: "parent", pages: [["a4"]] },
  { id: "parent", parent: "gone", pages: [["a1", "a2"], ["a3"]], isClosed: true },
  { id: "other", pages: [["b1"]] },
];

describe("shards", () => {
  it("are read after the one that they go on from, and never share a batch", async () => {
    const { batches } = await batchesOf(fakeShards(FAMILY));
    expect(batches.flat().filter((row) => row.startsWith("a"))).toEqual(["a1", "a2", "a3", "a4"]);
    expect(batches.flat()).toContain("b1");
    expect(batches.filter((batch) => batch.includes("b1"))).toEqual([["b1"]]);
  });

  it("never share a batch, also when they were read while another was under way", async () => {
    const allIsRead = gate();
    const read: string[] = [];
    const batches: string[][] = [];
    await batchesOf(fakeShards(FAMILY), {
      onEvent: (observation) => {
        if (observation.type === "read") read.push(...observation.sequenceNumbers);
        if (read.length === 5) allIsRead.open();
      },
      handler: async (event) => {
        batches.push(rowsOf(event));
        await allIsRead.opened;
      },
    });
    expect(read).toHaveLength(5);
    expect(batches.slice(1)).toEqual(expect.arrayContaining([["a3"], ["a4"]]));
  });

  it("are found on every page of their list", async () => {
    const { batches, calls } = await batchesOf(fakeShards(FAMILY, 1));
    expect(batches.flat().toSorted()).toEqual(["a1", "a2", "a3", "a4", "b1"]);
    expect(calls.filter(({ operation }) => operation === "DescribeStream")).toHaveLength(6);
  });

  it("that others go on from are left out with LATEST", async () => {
    const { batches, calls } = await batchesOf(fakeShards(FAMILY), { startingPosition: "LATEST" });
    expect(batches).toEqual([]);
    const opened = calls.filter(({ operation }) => operation === "GetShardIterator");
    expect(opened.map(({ input }) => input["ShardId"])).toEqual(["child", "other"]);
  });

  it("that were read to their end are closed again when the list of those that follow fails", async () => {
    const answers = fakeShards(FAMILY);
    let lists = 0;
    const { dynamoDB } = await fakeDynamoDB((call) => {
      if (call.operation === "DescribeStream") lists += 1;
      return call.operation === "DescribeStream" && lists === 2
        ? "InternalServerError"
        : answers(call);
    });
    const { batches, handler } = noting();
    const observations: StreamObservation[] = [];
    const stream = await startStream({
      dynamoDB,
      tableName: "chat",
      handler,
      pollIntervalMs: 3_600_000,
      onEvent: (observation) => observations.push(observation),
    });
    await stream.idle();
    await stream.stop();
    expect(observations.filter(({ type }) => type === "readFailed")).toMatchObject([
      { error: { name: "InternalServerError" } },
    ]);
    expect(batches.flat().filter((row) => row.startsWith("a"))).toEqual(["a1", "a2", "a3", "a4"]);
  });
});

describe("an iterator that expired", () => {
  const expiring = (pages: FakeShard["pages"], at: string): ((call: FakeCall) => FakeAnswer) => {
    const answers = fakeShards([{ id: "shard", pages }]);
    let isExpired = false;
    return (call) => {
      const { operation, input } = call;
      if (operation === "GetRecords" && input["ShardIterator"] === at && !isExpired) {
        isExpired = true;
        return "ExpiredIteratorException";
      }
      // Of what is left behind the first page.
      if (input["ShardIteratorType"] === "AFTER_SEQUENCE_NUMBER")
        return { ShardIterator: "shard/1" };
      return answers(call);
    };
  };

  it("is replaced by one behind the last change that was read", async () => {
    const { batches, calls } = await batchesOf(expiring([["a1", "a2"], ["a3"]], "shard/1"));
    expect(batches.flat()).toEqual(["a1", "a2", "a3"]);
    expect(calls.filter(({ operation }) => operation === "GetShardIterator").at(-1)?.input).toEqual(
      {
        StreamArn: STREAM_ARN,
        ShardId: "shard",
        ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
        SequenceNumber: "sequence number of a2",
      },
    );
  });

  it("is replaced by one like the first when nothing was read", async () => {
    const { batches } = await batchesOf(expiring([["a1"]], "shard/0"));
    expect(batches).toEqual([["a1"]]);
  });
});

it.each([
  ["by the API", { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" }],
  ["by emulators", { type: "Service", principalId: "dynamodb.amazonaws.com" }],
])("a row that DynamoDB removed itself is told as Lambda tells it, named %s", async (_, by) => {
  const answer = fakeShards([{ id: "shard", pages: [["a1"]] }]);
  const removed = (call: FakeCall): FakeAnswer => {
    const answered = answer(call);
    if (typeof answered === "string" || !("Records" in answered)) return answered;
    const records = answered.Records as object[];
    return { ...answered, Records: records.map((record) => ({ ...record, userIdentity: by })) };
  };
  const seen: unknown[] = [];
  await batchesOf(removed, {
    handler: async ({ Records: [record] }) => {
      seen.push(record?.userIdentity);
    },
  });
  expect(seen).toEqual([{ type: "Service", principalId: "dynamodb.amazonaws.com" }]);
});
