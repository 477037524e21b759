import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QueueError } from "../../../src/errors/fanOut.ts";
import type { FanOutQueue, QueueMessage } from "../../../src/publisher/queue.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { cursorOf } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { crowd, notOnce, WorkerWorld, type WorkerWorldOptions } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Posts one after the other, each in 9 ms: ten in 100 ms. */
const slow: WorkerWorldOptions = {
  concurrency: 1,
  post: () => new Promise((resolve) => setTimeout(resolve, 9)),
};

/** A queue whose `send` is the test's; what it takes is in the world's queue. */
function queueWith(
  send: (bodies: readonly string[], signal?: AbortSignal) => Promise<void>,
  threshold: number,
): FanOutQueue<QueueMessage> {
  const receive = () => Promise.reject(new Error("it has no workers"));
  return { threshold, maxMessageBytes: 65_536, send, receive };
}

/** The queue took it; its answer does not arrive. */
const lostSend = { at: "send", call: 0, kind: "fail", isAfter: true } as const;

const refused = new QueueError("notTaken", "no");

describe("a publish with a queue", () => {
  it.each([
    { audience: 30, threshold: 0, own: 0, sent: 1 },
    { audience: 30, threshold: 1, own: 1, sent: 1 },
    { audience: 30, threshold: 9, own: 9, sent: 1 },
    { audience: 30, threshold: 10, own: 10, sent: 1 },
    { audience: 30, threshold: 11, own: 11, sent: 1 },
    { audience: 30, threshold: 29, own: 29, sent: 1 },
    { audience: 30, threshold: 30, own: 30, sent: 0 },
    { audience: 30, threshold: 31, own: 30, sent: 0 },
    { audience: 30, threshold: 2.5, own: 2, sent: 1 },
    { audience: 30, threshold: Number.POSITIVE_INFINITY, own: 30, sent: 0 },
    { audience: 0, threshold: 0, own: 0, sent: 0 },
    { audience: 1, threshold: 0, own: 0, sent: 1 },
    { audience: 600, threshold: 250, own: 250, sent: 1, pageRows: undefined },
    { audience: 600, threshold: 500, own: 500, sent: 1, pageRows: undefined },
  ])(
    "posts to $own of $audience itself with the threshold $threshold, and sends $sent message",
    async ({ audience, threshold, own, sent, pageRows = 10 }) => {
      const it = new WorkerWorld({ threshold, ...(audience < 100 && { pageRows }) });
      const everybody = await crowd(it, audience);
      const report = await throughTime(it.publish({ data: 1 }));
      const counts = { matched: own, delivered: own, gone: 0, failed: 0, complete: true };
      expect(report).toEqual({ ...counts, ...(sent > 0 && { queued: true }) });
      expect(it.accepted).toEqual(everybody.slice(0, own));
      expect(it.queue.sent.length).toBe(sent);
      await throughTime(it.drain());
      expect(notOnce(everybody, it.accepted)).toEqual({});
    },
  );

  it("posts while the rest is sent, and hands it over before it is done", async () => {
    const send = async (): Promise<void> => {
      // Nothing else would wake it.
      while (it.accepted.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const it: WorkerWorld = new WorkerWorld({ pageRows: 10, fanOut: queueWith(send, 3) });
    await crowd(it, 20);
    const report = await throughTime(it.publish({ data: 1 }));
    expect(report).toMatchObject({ matched: 3, queued: true });
  });

  it("keeps a large event in the store once, and sends small messages", async () => {
    const noise = Array.from({ length: 25_000 }, () => Math.random().toString(36).slice(2, 6));
    const it = new WorkerWorld({ threshold: 4, recipientsPerMessage: 5, pageRows: 5, shards: 3 });
    const everybody = await crowd(it, 40);
    await throughTime(it.publish({ data: noise.join("") }));
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    expect(it.calls.filter((name) => name === "keep")).toEqual(["keep"]);
    expect(it.queue.sent.length).toBeGreaterThan(9);
    for (const body of it.queue.sent) expect(body.length).toBeLessThan(1_000);
  });
});

describe("a queue that does not take the rest", () => {
  it("leaves it to the publish, which posts to everybody and says why", async () => {
    const send = () => Promise.reject(refused);
    const it = new WorkerWorld({ pageRows: 10, fanOut: queueWith(send, 15) });
    const everybody = await crowd(it, 50);
    const report = await throughTime(it.publish({ data: 1 }));
    expect(report).toEqual({ matched: 50, delivered: 50, gone: 0, failed: 0, complete: true });
    expect(it.accepted).toEqual(everybody);
    expect(it.failures).toEqual([{ path: "p", error: refused }]);
  });

  it("and took it all the same, reaches nobody twice", async () => {
    const it: WorkerWorld = new WorkerWorld({ threshold: 15, pageRows: 10 });
    const everybody = await crowd(it, 50);
    await throughTime(it.publish({ data: 1 }, lostSend));
    expect(it.queue.sent.length).toBe(1);
    expect(it.accepted).toEqual(everybody);
    expect(it.failures.length).toBe(1);
    await throughTime(it.drain());
    expect(it.accepted).toEqual(everybody);
    expect(it.reports).toEqual([]);
  });

  it.each([
    ["is at", 9],
    ["is done with", 0],
  ])("and whose message a worker %s already, leaves it to that worker", async (_, postMs) => {
    const world: { it?: WorkerWorld; working?: Promise<unknown> } = {};
    const send = async (bodies: readonly string[]): Promise<void> => {
      for (const body of bodies) world.it?.queue.put(body);
      world.working = world.it?.next();
      if (postMs === 0) await world.working;
      else await new Promise((resolve) => setTimeout(resolve, postMs / 2));
      throw refused;
    };
    const post = () => new Promise<void>((resolve) => setTimeout(resolve, postMs));
    const it = new WorkerWorld({ pageRows: 10, fanOut: queueWith(send, 15), post });
    world.it = it;
    const everybody = await crowd(it, 50);
    const report = await throughTime(it.publish({ data: 1 }));
    expect(report).toMatchObject({ matched: 15, complete: true, queued: true });
    await throughTime(Promise.all([world.working, it.drain()]));
    expect(notOnce(everybody, it.accepted)).toEqual({});
    expect(it.reports.length).toBeGreaterThan(0);
  });

  it("nor the store say who has it, is told twice; rather twice than never", async () => {
    const it = new WorkerWorld({
      pageRows: 10,
      fanOut: queueWith(() => Promise.reject(refused), 15),
    });
    const everybody = await crowd(it, 50);
    await throughTime(
      it.publish({ data: 1 }, { at: "claim", call: 0, kind: "fail", isAfter: false }),
    );
    expect(it.accepted).toEqual(everybody);
    expect(it.failures.length).toBe(2);
  });

  it("of an event that only onData makes text, posts to everybody", async () => {
    const onData = () => "text";
    const it = new WorkerWorld({ pageRows: 10, threshold: 5, plain: true, onData });
    const everybody = await crowd(it, 20);
    const report = await throughTime(it.publish({ data: 7n }));
    expect(report).toEqual({ matched: 20, delivered: 20, gone: 0, failed: 0, complete: true });
    expect(it.accepted).toEqual(everybody);
    expect(it.failures).toMatchObject([{ error: { name: "InvalidDataError" } }]);
  });
});

describe("a publish that is cut", () => {
  it.each([
    { threshold: 50, own: 10, parts: [/^0\.[\w-]{8}\.left\.0$/] },
    { threshold: 13, own: 10, parts: [/^1$/, /^0\.[\w-]{8}\.left\.0$/] },
    { threshold: 10, own: 10, parts: [/^1$/] },
    { threshold: 0, own: 0, parts: [/^1$/] },
  ])("leaves the rest to the queue, with the threshold $threshold", async (plan) => {
    const { threshold, own, parts } = plan;
    const it = new WorkerWorld({ ...slow, threshold, pageRows: 7, recipientsPerMessage: 9 });
    const everybody = await crowd(it, 40);
    const report = await throughTime(it.publish({ data: 1, deadlineMs: 100 }));
    const counts = { matched: own, delivered: own, gone: 0, failed: 0 };
    expect(report).toEqual({ ...counts, complete: true, queued: true });
    const names = (await it.jobs()).map(({ part }) => part);
    expect(names).toEqual(parts.map((part) => expect.stringMatching(part)));
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    expect(it.failures).toEqual([]);
  });

  it("while the rest is sent, leaves all of it as one part", async () => {
    const send = (_: readonly string[], signal?: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    const hanging = queueWith(send, 15);
    const it = new WorkerWorld({ pageRows: 10, fanOut: hanging });
    const everybody = await crowd(it, 50);
    const report = await throughTime(it.publish({ data: 1, deadlineMs: 100 }));
    expect(report).toMatchObject({ matched: 15, complete: false });
    // Of the last try alone: that the first one ended with the call is no news.
    expect(it.failures).toMatchObject([{ error: { message: expect.stringContaining("500 ms") } }]);
    const rest = new WorkerWorld({ store: it.store });
    await throughTime(rest.resume(cursorOf(report)));
    expect([...it.accepted, ...rest.accepted]).toEqual(everybody);
  });

  it.each([
    ["does not take it", { at: "send", call: 0, kind: "fail", isAfter: false }, 0],
    ["takes it and does not say so", lostSend, 1],
  ] as const)("gives a cursor when the queue %s", async (_, fault, sent) => {
    const it = new WorkerWorld({ ...slow, threshold: 99, pageRows: 7 });
    const everybody = await crowd(it, 40);
    const report = await throughTime(it.publish({ data: 1, deadlineMs: 100 }, fault));
    expect(report).toMatchObject({ delivered: 10, complete: false, cursor: expect.any(String) });
    expect(it.failures).toMatchObject([{ path: "p", error: { message: "fault" } }]);
    expect(it.queue.sent.length).toBe(sent);
    await throughTime(it.drain());
    expect(it.accepted.length).toBe(10);
    // Cut again, and this time taken.
    const again = await throughTime(it.resume(cursorOf(report), { deadlineMs: 100 }));
    expect(again).toMatchObject({ delivered: 10, complete: true, queued: true });
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });
});
