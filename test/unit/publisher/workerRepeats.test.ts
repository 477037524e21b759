import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { START_MS } from "../../../src/testing/store/world.ts";
import { throughTime } from "./virtualTime.ts";
import { crowd, dies, notOnce, tens, WorkerWorld, type WorkerWorldOptions } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

const order = { data: "hello", key: "order" };

/** Thirty subscribers, of whom the publisher posts to ten itself; it dies with some of those left, the workers do not. */
async function halfPublished(options: WorkerWorldOptions = {}) {
  const it = new WorkerWorld({ ...tens, history: {}, threshold: 10, concurrency: 1, ...options });
  const everybody = await crowd(it, 30);
  const first = it.start(dies("post", 5));
  expect(await throughTime(Promise.race([first.publish(order), first.process.died]))).toBe("died");
  await throughTime(it.drain());
  return { it, everybody };
}

const missed = (everybody: readonly string[], accepted: readonly string[]) =>
  everybody.filter((each) => !accepted.includes(each));

describe("a publish that is repeated by its key, whose queue had done its part", () => {
  it("loses nobody when others have come before those who were left", async () => {
    const { it, everybody } = await halfPublished();
    expect(missed(everybody, it.accepted)).toHaveLength(5);
    for (const connectionId of ["0000a", "0000b", "0000c"]) await it.join({ connectionId });
    const report = await throughTime(it.publish(order));
    expect(report).toMatchObject({ complete: true, queued: true, repeated: true });
    await throughTime(it.drain());
    expect(missed(everybody, it.accepted)).toEqual([]);
  });

  it("loses nobody when its audience is divided by shards", async () => {
    const { it, everybody } = await halfPublished({ shards: 3 });
    for (const connectionId of ["0000a", "0000b", "0000c"]) await it.join({ connectionId });
    await throughTime(it.publish(order));
    await throughTime(it.drain());
    expect(missed(everybody, it.accepted)).toEqual([]);
  });

  it("posts once to each, though the queue delivers its messages twice", async () => {
    const { it, everybody } = await halfPublished();
    it.accepted.splice(0);
    const before = it.queue.sent.length;
    await throughTime(it.publish(order));
    await throughTime(it.drain());
    for (const body of it.queue.sent.slice(before)) it.queue.put(body);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it("gives a cursor that is gone on with as often as it is given, as every report's", async () => {
    const { it, everybody } = await halfPublished();
    const alone = new WorkerWorld({ ...tens, history: {}, store: it.store, send: refused });
    const { cursor } = await throughTime(alone.publish({ ...order, deadlineMs: 0 }));
    for (const _ of ["once", "twice"]) {
      alone.accepted.splice(0);
      await throughTime(alone.resume(cursor));
      expect(notOnce(everybody, alone.accepted)).toEqual({});
    }
  });
});

const refused = (): Promise<never> => Promise.reject(new Error("no"));
