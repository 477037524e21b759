import { describe, expect, it, test } from "vitest";
import type { StreamObservation } from "../../src/local/index.ts";
import { gate } from "./testGateway.ts";
import { failing, noting, streamedTable } from "./testStream.ts";

describe("a batch that fails", () => {
  it.each([
    ["rejects", (): unknown => Promise.reject(new Error("broken"))],
    [
      "throws",
      (): unknown => {
        throw new Error("broken");
      },
    ],
    ["returns what has no JSON", (): unknown => ({ n: 1n })],
  ])("comes again as a whole, and before others, when the handler %s", async (_, fail) => {
    const { batches, handler } = noting((_event, nth) => (nth < 3 ? fail() : undefined));
    const table = await streamedTable("a1", "a2", "b1");
    const stream = await table.start({ handler, batchSize: 2 });
    await stream.idle();
    expect(batches).toEqual([["a1", "a2"], ["a1", "a2"], ["a1", "a2"], ["b1"]]);
  });

  it("comes again from the change that batchItemFailures names, without what was written since", async () => {
    const { batches, handler } = noting(async (event, nth) => {
      if (nth > 1) return undefined;
      await table.put("a4");
      return failing(event, "a2");
    });
    const table = await streamedTable("a1", "a2", "a3");
    const stream = await table.start({ handler });
    await stream.idle();
    expect(batches).toEqual([["a1", "a2", "a3"], ["a2", "a3"], ["a4"]]);
  });

  it("comes again from the first of several that are named", async () => {
    const { batches, handler } = noting((event, nth) =>
      nth === 1 ? failing(event, "a4", "a2", "a3") : undefined,
    );
    const stream = await (await streamedTable("a1", "a2", "a3", "a4")).start({ handler });
    await stream.idle();
    expect(batches).toEqual([
      ["a1", "a2", "a3", "a4"],
      ["a2", "a3", "a4"],
    ]);
  });

  it("holds up its own partition key alone with a parallelizationFactor", async () => {
    const others = gate();
    const log: string[] = [];
    const { handler } = noting(async (event, nth) => {
      const [change] = event.Records;
      const isA = JSON.stringify(change?.dynamodb.Keys).includes("a1");
      log.push(isA ? "a" : "b");
      if (!isA) others.open();
      else if (nth < 5) throw new Error("broken");
      else await others.opened;
    });
    const table = await streamedTable("a1", "b1");
    const stream = await table.start({ handler, parallelizationFactor: 2 });
    await stream.idle();
    expect(log.toSorted()).toEqual(["a", "a", "a", "a", "b"]);
  });
});

test("a batch that fails comes again later each time", async () => {
  const times: number[] = [];
  const { handler } = noting((_event, nth) => {
    times.push(performance.now());
    if (nth < 4) throw new Error("broken");
  });
  const stream = await (await streamedTable("a1")).start({ handler, retryDelayMs: 20 });
  await stream.idle();
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // Timers may be early by a millisecond.
  expect(waits.map((wait, index) => wait > 20 * 2 ** index - 2)).toEqual([true, true, true]);
});

describe("a mapping", () => {
  it("counts a batch as failed whose handler takes longer than lambdaTimeoutMs", async () => {
    const observations: StreamObservation[] = [];
    const release = gate();
    const { batches, handler } = noting((_event, nth) => (nth === 1 ? release.opened : undefined));
    const stream = await (await streamedTable("a1", "a2")).start({
      handler,
      lambdaTimeoutMs: 30,
      onEvent: (observation) => observations.push(observation),
    });
    await stream.idle();
    release.open();
    expect(batches).toEqual([
      ["a1", "a2"],
      ["a1", "a2"],
    ]);
    const [first, ...others] = observations.filter(({ type }) => type === "invoked");
    expect(first).toMatchObject({
      failedFrom: expect.any(String),
      outcome: "threw",
      error: new Error("Task timed out after 0.03 seconds"),
    });
    expect(others).toMatchObject([{ failedFrom: undefined, outcome: "returned" }]);
  });

  it("without ReportBatchItemFailures loses what failed", async () => {
    const { batches, handler } = noting((event) => failing(event, "a1"));
    const table = await streamedTable("a1");
    const stream = await table.start({ handler, reportBatchItemFailures: false });
    await stream.idle();
    expect(batches).toHaveLength(1);
    expect(stream.discarded()).toEqual([]);
  });

  it("takes an answer it cannot read for a failure of all", async () => {
    const answer = { batchItemFailures: [{ itemIdentifier: "" }] };
    const { batches, handler } = noting((_event, nth) => (nth === 1 ? answer : null));
    const stream = await (await streamedTable("a1", "a2")).start({ handler });
    await stream.idle();
    expect(batches).toEqual([
      ["a1", "a2"],
      ["a1", "a2"],
    ]);
  });
});

describe("a batch that was tried maximumRetryAttempts times more", () => {
  it("is discarded from the change that fails, told of, and the next one comes", async () => {
    const observations: StreamObservation[] = [];
    const { batches, handler } = noting((event) => {
      return JSON.stringify(event).includes('"bad"') ? failing(event, "bad") : undefined;
    });
    const stream = await (await streamedTable("good", "bad", "behind", "next")).start({
      handler,
      batchSize: 3,
      maximumRetryAttempts: 2,
      onEvent: (observation) => observations.push(observation),
    });
    await stream.idle();
    expect(batches).toEqual([
      ["good", "bad", "behind"],
      ["bad", "behind"],
      ["bad", "behind"],
      ["next"],
    ]);
    const [read] = observations;
    const [, bad, behind] = read?.type === "read" ? read.sequenceNumbers : [];
    const discarded = {
      streamArn: stream.streamArn,
      shardId: read?.type === "read" ? read.shardId : "",
      startSequenceNumber: bad,
      endSequenceNumber: behind,
      batchSize: 2,
      approximateInvokeCount: 3,
      condition: "RetryAttemptsExhausted",
    };
    expect(stream.discarded()).toEqual([discarded]);
    expect(observations.filter(({ type }) => type === "discarded")).toEqual([
      { type: "discarded", ...discarded },
    ]);
  });

  it("is discarded at once with 0", async () => {
    const { batches, handler } = noting(() => Promise.reject(new Error("broken")));
    const table = await streamedTable("a1", "a2");
    const stream = await table.start({ handler, batchSize: 1, maximumRetryAttempts: 0 });
    await stream.idle();
    expect(batches).toEqual([["a1"], ["a2"]]);
    expect(stream.discarded().map(({ batchSize }) => batchSize)).toEqual([1, 1]);
  });
});

describe("with bisectBatchOnFunctionError", () => {
  it("a batch that threw comes again in halves until the bad change is alone, which alone is discarded", async () => {
    const { batches, handler } = noting((event) => {
      if (JSON.stringify(event).includes('"a3"')) throw new Error("broken");
    });
    const stream = await (await streamedTable("a1", "a2", "a3", "a4", "a5")).start({
      handler,
      maximumRetryAttempts: 1,
      bisectBatchOnFunctionError: true,
    });
    await stream.idle();
    expect(batches).toEqual([
      ["a1", "a2", "a3", "a4", "a5"],
      ["a1", "a2", "a3"],
      ["a1", "a2"],
      ["a3"],
      ["a3"],
      ["a4", "a5"],
    ]);
    expect(stream.discarded()).toMatchObject([{ batchSize: 1, approximateInvokeCount: 4 }]);
  });

  it("a partial success is where it is split, and counts as no try", async () => {
    const { batches, handler } = noting((event, nth) =>
      nth < 3 ? failing(event, `a${nth + 1}`) : undefined,
    );
    const stream = await (await streamedTable("a1", "a2", "a3")).start({
      handler,
      maximumRetryAttempts: 0,
      bisectBatchOnFunctionError: true,
    });
    await stream.idle();
    expect(batches).toEqual([["a1", "a2", "a3"], ["a2", "a3"], ["a3"]]);
    expect(stream.discarded()).toEqual([]);
  });
});
