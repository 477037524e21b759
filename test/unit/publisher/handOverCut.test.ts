import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { type MemoryStore, memory } from "../../../src/store/memory.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { cursorOf } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { lostSend, queueWith } from "./workerQueue.ts";
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

describe("what is left of a publish", () => {
  it("of a route with shards has an end that no worker reads beyond", async () => {
    const inner = memory({ now: () => Date.now() });
    let rows = 0;
    const store: MemoryStore = {
      ...inner,
      async *findRoutes(query) {
        for await (const page of inner.findRoutes(query)) {
          for (let from = 0; from < page.length; from += 10) {
            rows += 10;
            yield page.slice(from, from + 10);
          }
        }
      },
    };
    const it = new WorkerWorld({ ...slow, store, shards: 3, threshold: 13 });
    const everybody = await crowd(it, 900);
    await throughTime(it.publish({ data: 1, deadlineMs: 100 }));
    const [rest, left] = it.queue.sent;
    it.queue.delete({ id: "m0" });
    rows = 0;
    await throughTime(it.drain());
    // A page for each shard, and one more where its end is that of a page.
    expect(rows).toBeLessThanOrEqual(60);
    expect(it.accepted.length).toBe(13);
    expect(left).toBeDefined();
    it.queue.put(rest ?? "");
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it("and was refused is tried again by one worker", async () => {
    const post = async ({ connectionId }: { readonly connectionId: string }): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 9));
      if (connectionId <= "0001" && Date.now() < START_MS + 100) {
        throw new TransportError("throttled", "429");
      }
    };
    const it = new WorkerWorld({
      ...{ threshold: 99, recipientsPerMessage: 8, pageRows: 8 },
      ...{ concurrency: 1, maxAttempts: 1_000, post },
    });
    const everybody = await crowd(it, 40);
    await throughTime(it.publish({ data: 1, deadlineMs: 100 }));
    const [left] = await it.jobs();
    expect(left?.pending.length).toBe(2);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it("ends where a worker begins, though the queue has not said yet that it took the message", async () => {
    const world: { it?: WorkerWorld; working?: Promise<unknown> | undefined } = {};
    const send = (bodies: readonly string[]): Promise<void> => {
      if (world.working !== undefined) return Promise.reject(new Error("no"));
      for (const body of bodies) world.it?.queue.put(body);
      world.working = world.it?.next();
      return new Promise(() => undefined);
    };
    const fanOut = queueWith(send, 20);
    // The stop is at 891 ms, the last post ends at 900, and who has the part is known at 951.
    const it = new WorkerWorld({ fanOut, pageRows: 15, concurrency: 1, latencyMs: () => 60 });
    world.it = it;
    const everybody = await crowd(it, 30);
    const report = await throughTime(it.publish({ data: 1, deadlineMs: 990 }));
    expect(report).toMatchObject({ complete: false, queued: true });
    await throughTime(Promise.all([world.working, it.resume(cursorOf(report))]));
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });
});
