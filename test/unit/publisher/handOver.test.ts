import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QueueError } from "../../../src/errors/fanOut.ts";
import type { Store } from "../../../src/store/types.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { audience, joinAll } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { lostSend, queueWith } from "./workerQueue.ts";
import { crowd, notOnce, WorkerWorld } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

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

  it.each([
    ["a large event", {}, ["keep"]],
    ["one that is in the history too", { history: {} }, ["keep", "keep"]],
  ])("keeps %s for workers once, and sends small messages", async (_, options, keeps) => {
    const noise = Array.from({ length: 25_000 }, () => Math.random().toString(36).slice(2, 6));
    const parts = { threshold: 4, recipientsPerMessage: 5, pageRows: 5, shards: 3 };
    const it = new WorkerWorld({ ...parts, ...options });
    const everybody = await crowd(it, 40);
    await throughTime(it.publish({ data: noise.join("") }));
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    expect(it.calls.filter((name) => name === "keep")).toEqual(keeps);
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
    const world: { it?: WorkerWorld; working?: Promise<unknown> | undefined } = {};
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

it("where neither queue nor store answers, the publish posts to everybody half a second later", async () => {
  const claim = () => new Promise<never>(() => undefined);
  const wrap = (store: Store): Store => ({ ...store, fanOuts: { ...store.fanOuts, claim } });
  const one = audience({ wrap, fanOut: queueWith(() => Promise.reject(refused), 15) });
  await joinAll(one, 50);
  const report = await throughTime(one.publish({ data: 1 }));
  expect(report).toEqual({ matched: 50, delivered: 50, gone: 0, failed: 0, complete: true });
  expect(Date.now() - START_MS).toBe(500);
  const silence = { message: "no answer from the store within 500 ms" };
  expect(one.failures).toMatchObject([{ error: refused }, { path: "p", error: silence }]);
});
