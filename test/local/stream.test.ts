import { describe, expect, it, test } from "vitest";
import type { StreamEvent, StreamObservation } from "../../src/local/index.ts";
import { gate } from "./testGateway.ts";
import { noting, rowsOf, streamedTable } from "./testStream.ts";

test("an invocation gets the event Lambda makes of a stream, and a context that counts down", async () => {
  const before = Math.floor(Date.now() / 1000);
  const table = await streamedTable();
  const Keys = { pk: { S: "a" }, sk: { S: "a1" } };
  const values = {
    n: { N: "12345678901234567890" },
    b: { B: "AQI=" },
    l: { L: [{ M: { x: { BOOL: true } } }, { NULL: true }] },
    s: { SS: ["Grüße 😀"] },
  } as const;
  await table.putItem({ ...Keys, ...values, b: { B: Uint8Array.of(1, 2) } } as never);
  await table.put("a1");
  await table.delete("a1");
  const events: StreamEvent[] = [];
  const contexts: { readonly id: string; readonly left: number }[] = [];
  const stream = await table.start({
    lambdaTimeoutMs: 5_000,
    handler: async (event, context) => {
      events.push(event);
      contexts.push({ id: context.awsRequestId, left: context.getRemainingTimeInMillis() });
    },
  });
  await stream.idle();
  const common = {
    eventID: expect.any(String),
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: expect.any(String),
    eventSourceARN: stream.streamArn,
  };
  const change = {
    ApproximateCreationDateTime: expect.any(Number),
    Keys,
    SequenceNumber: expect.stringMatching(/^\d+$/),
    SizeBytes: expect.any(Number),
    StreamViewType: "NEW_IMAGE",
  };
  expect(events).toEqual([
    {
      Records: [
        {
          ...common,
          eventName: "INSERT",
          dynamodb: { ...change, NewImage: { ...Keys, ...values } },
        },
        { ...common, eventName: "MODIFY", dynamodb: { ...change, NewImage: Keys } },
        { ...common, eventName: "REMOVE", dynamodb: change },
      ],
    },
  ]);
  expect(stream.streamArn).toContain(`table/${table.tableName}/stream/`);
  const [first] = events[0]?.Records ?? [];
  expect(first?.dynamodb.ApproximateCreationDateTime).toBeGreaterThanOrEqual(before);
  expect(first?.dynamodb.ApproximateCreationDateTime).toBeLessThanOrEqual(Date.now() / 1000);
  expect(contexts[0]?.id).toMatch(/^.{36}$/);
  expect(contexts[0]?.left).toBeGreaterThan(4_000);
  expect(contexts[0]?.left).toBeLessThanOrEqual(5_000);
});

describe("an invocation", () => {
  it("gets changes in their order, and no more than batchSize", async () => {
    const { batches, handler } = noting();
    const table = await streamedTable("a1", "b1", "a2", "a3", "b2");
    const stream = await table.start({ handler, batchSize: 2 });
    await stream.idle();
    expect(batches).toEqual([["a1", "b1"], ["a2", "a3"], ["b2"]]);
  });

  it("gets what is written while the stream runs", async () => {
    const seen = gate();
    const { batches, handler } = noting(() => seen.open());
    const table = await streamedTable();
    await table.start({ handler });
    await table.put("a1");
    await seen.opened;
    expect(batches).toEqual([["a1"]]);
  });

  it("gets nothing from before with LATEST", async () => {
    const { batches, handler } = noting();
    const table = await streamedTable("a1", "a2");
    const stream = await table.start({ handler, startingPosition: "LATEST" });
    await table.put("a3");
    await stream.idle();
    expect(batches).toEqual([["a3"]]);
  });

  it("gets its own copy of the event", async () => {
    const seen: string[][] = [];
    const table = await streamedTable("a1", "a2");
    const stream = await table.start({
      duplicate: () => true,
      handler: async (event) => {
        seen.push(rowsOf(event));
        event.Records.reverse();
        for (const { dynamodb } of event.Records) dynamodb.Keys = {};
      },
    });
    await stream.idle();
    expect(seen).toEqual([
      ["a1", "a2"],
      ["a1", "a2"],
    ]);
  });
});

describe("invocations", () => {
  it("are one after the other, whatever their partition keys", async () => {
    const log: string[] = [];
    const table = await streamedTable("a1", "b1", "a2");
    const stream = await table.start({
      batchSize: 1,
      handler: async (event) => {
        log.push(`${rowsOf(event)} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${rowsOf(event)} ends`);
      },
    });
    await stream.idle();
    const rows = ["a1", "b1", "a2"];
    expect(log).toEqual(rows.flatMap((row) => [`${row} begins`, `${row} ends`]));
  });

  it("do not overlap when more is read while one is under way", async () => {
    const entered = gate();
    const moreIsRead = gate();
    let running = 0;
    let most = 0;
    let reads = 0;
    const table = await streamedTable("a1");
    const stream = await table.start({
      onEvent: ({ type }) => {
        if (type === "read") reads += 1;
        if (reads === 2) moreIsRead.open();
      },
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        entered.open();
        await moreIsRead.opened;
        running -= 1;
      },
    });
    await entered.opened;
    await table.put("b1");
    await stream.idle();
    expect({ most, reads }).toEqual({ most: 1, reads: 2 });
  });

  it("run side by side with a parallelizationFactor, each partition key in its order", async () => {
    const both = gate();
    const running = new Set<string>();
    const begun: string[] = [];
    const table = await streamedTable("a1", "b1", "a2", "b2");
    const stream = await table.start({
      batchSize: 1,
      parallelizationFactor: 2,
      handler: async (event) => {
        const [row = ""] = rowsOf(event);
        begun.push(row);
        running.add(row);
        if (running.size === 2) both.open();
        await both.opened;
        running.delete(row);
      },
    });
    await stream.idle();
    expect(begun.slice(0, 2).toSorted()).toEqual(["a1", "b1"]);
    expect(begun.filter((row) => row.startsWith("a"))).toEqual(["a1", "a2"]);
    expect(begun.filter((row) => row.startsWith("b"))).toEqual(["b1", "b2"]);
  });
});

describe("idle", () => {
  it("resolves when there is nothing", async () => {
    const { batches, handler } = noting();
    const stream = await (await streamedTable()).start({ handler });
    await stream.idle();
    expect(batches).toEqual([]);
  });

  it("waits for what handlers write, without waiting for the next look at the stream", async () => {
    const table = await streamedTable("a");
    const { batches, handler } = noting(async (event) => {
      const [row = ""] = rowsOf(event);
      if (row.length < 4) await table.put(`${row}+`);
    });
    const stream = await table.start({ handler, pollIntervalMs: 3_600_000 });
    await stream.idle();
    expect(batches.flat()).toEqual(["a", "a+", "a++", "a+++"]);
  });
});

test("onEvent is told what happens", async () => {
  const observations: StreamObservation[] = [];
  const table = await streamedTable("a1", "a2");
  const stream = await table.start({
    ...noting(),
    onEvent: (observation) => observations.push(observation),
  });
  await stream.idle();
  const [read] = observations;
  const sequenceNumbers = read?.type === "read" ? read.sequenceNumbers : [];
  expect(sequenceNumbers).toHaveLength(2);
  expect(observations).toEqual([
    { type: "read", shardId: expect.stringContaining("shardId-"), sequenceNumbers },
    {
      type: "invoked",
      sequenceNumbers,
      failedFrom: undefined,
      durationMs: expect.any(Number),
      outcome: "returned",
      error: undefined,
    },
  ]);
});
