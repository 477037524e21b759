import { describe, expect, it } from "vitest";
import type { QueueObservation } from "../../src/local/index.ts";
import { gate } from "./testGateway.ts";
import { bodiesOf, countsOf, failing, noting, testQueue } from "./testQueue.ts";

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
  ])("comes again as a whole when the handler %s", async (_, fail) => {
    const { events, handler } = noting((_event, nth) => (nth === 1 ? fail() : undefined));
    const { queue, send } = await testQueue({ handler, redeliveryDelayMs: 0 });
    await send("a", "b");
    await queue.idle();
    expect(events.map(countsOf)).toEqual([
      ["a 1", "b 1"],
      ["a 2", "b 2"],
    ]);
    expect(events[1]?.Records[0]?.messageId).toBe(events[0]?.Records[0]?.messageId);
    expect(events[1]?.Records[0]?.receiptHandle).not.toBe(events[0]?.Records[0]?.receiptHandle);
    expect(events[1]?.Records[0]?.attributes.ApproximateFirstReceiveTimestamp).toBe(
      events[0]?.Records[0]?.attributes.ApproximateFirstReceiveTimestamp,
    );
  });

  it("comes again only with the messages that batchItemFailures names", async () => {
    const { events, handler } = noting((event, nth) => (nth === 1 ? failing(event, "b") : null));
    const { queue, send } = await testQueue({ handler, redeliveryDelayMs: 0 });
    await send("a", "b", "c");
    await queue.idle();
    expect(events.map(countsOf)).toEqual([["a 1", "b 1", "c 1"], ["b 2"]]);
  });

  it("comes again once it is visible again, without redeliveryDelayMs", async () => {
    const times: number[] = [];
    const { queue, send } = await testQueue({
      visibilityTimeoutMs: 300,
      handler: async () => {
        times.push(performance.now());
        if (times.length === 1) throw new Error("broken");
      },
    });
    await send("a");
    await queue.idle();
    const [first = 0, second = 0] = times;
    // Its time begins when it is received; a busy machine may begin the first invocation later.
    expect(second - first).toBeGreaterThan(150);
  });
});

describe("a mapping", () => {
  it("counts a batch as failed whose handler takes longer than lambdaTimeoutMs", async () => {
    const observations: QueueObservation[] = [];
    const release = gate();
    const { events, handler } = noting((_event, nth) => (nth === 1 ? release.opened : undefined));
    const { queue, send } = await testQueue({
      handler,
      lambdaTimeoutMs: 30,
      redeliveryDelayMs: 0,
      onEvent: (observation) => observations.push(observation),
    });
    await send("a");
    await queue.idle();
    release.open();
    expect(events.map(countsOf)).toEqual([["a 1"], ["a 2"]]);
    expect(observations.filter(({ type }) => type === "invoked")).toEqual([
      expect.objectContaining({
        outcome: "threw",
        error: new Error("Task timed out after 0.03 seconds"),
      }),
      expect.objectContaining({ outcome: "returned", error: undefined }),
    ]);
  });

  it("without ReportBatchItemFailures loses what failed", async () => {
    const { events, handler } = noting((event) => failing(event, "a"));
    const reportBatchItemFailures = false;
    const { queue, send } = await testQueue({ handler, reportBatchItemFailures });
    await send("a");
    await queue.idle();
    expect(events).toHaveLength(1);
    expect(queue.deadLetters()).toEqual([]);
  });
});

describe("the handler's answer", () => {
  const NONE: readonly string[] = [];
  const ALL: readonly string[] = ["a", "b"];
  it.each([
    ["nothing", undefined, NONE],
    ["null", null, NONE],
    ["an empty object", {}, NONE],
    ["no list", { batchItemFailures: null }, NONE],
    ["an empty list", { batchItemFailures: [] }, NONE],
    ["text", "ok", ALL],
    ["a list", [], ALL],
    ["failures that are no list", { batchItemFailures: "a" }, ALL],
    ["an empty id", { batchItemFailures: [{ itemIdentifier: "" }] }, ALL],
    ["an id that is null", { batchItemFailures: [{ itemIdentifier: null }] }, ALL],
    ["a wrong key", { batchItemFailures: [{ messageId: "x" }] }, ALL],
    ["a message it was not given", { batchItemFailures: [{ itemIdentifier: "x" }] }, ALL],
    ["an entry that is null", { batchItemFailures: [null] }, ALL],
  ])("%s", async (_, answer, failed) => {
    const { events, handler } = noting((_event, nth) => (nth === 1 ? answer : undefined));
    const { queue, send } = await testQueue({ handler, redeliveryDelayMs: 0 });
    await send("a", "b");
    await queue.idle();
    expect(events.slice(1).flatMap(bodiesOf)).toEqual(failed);
  });
});

describe("dead letters", () => {
  it("are the messages that failed maxReceiveCount times", async () => {
    const observations: QueueObservation[] = [];
    const { events, handler } = noting((event) => failing(event, "bad"));
    const { queue, send } = await testQueue({
      handler,
      maxReceiveCount: 3,
      redeliveryDelayMs: 0,
      onEvent: (observation) => observations.push(observation),
    });
    const { Successful: [, bad] = [] } = await send("good", "bad");
    await queue.idle();
    expect(events.map(countsOf)).toEqual([["good 1", "bad 1"], ["bad 2"], ["bad 3"]]);
    const letter = { messageId: bad?.MessageId, body: "bad", receiveCount: 3 };
    expect(queue.deadLetters()).toEqual([letter]);
    expect(observations.filter(({ type }) => type === "deadLettered")).toEqual([
      { type: "deadLettered", ...letter },
    ]);
  });

  it("come after five tries by default, and never with Infinity", async () => {
    const never = noting((event, nth) => (nth < 9 ? failing(event, "a") : undefined));
    const five = noting((event) => failing(event, "a"));
    const redeliveryDelayMs = 0;
    const byDefault = await testQueue({ handler: five.handler, redeliveryDelayMs });
    const endless = await testQueue({
      handler: never.handler,
      redeliveryDelayMs,
      maxReceiveCount: Number.POSITIVE_INFINITY,
    });
    await Promise.all([byDefault.send("a"), endless.send("a")]);
    await Promise.all([byDefault.queue.idle(), endless.queue.idle()]);
    expect(five.events).toHaveLength(5);
    expect(never.events).toHaveLength(9);
    expect(endless.queue.deadLetters()).toEqual([]);
  });
});
