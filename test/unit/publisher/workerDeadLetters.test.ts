import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { START_MS } from "../../../src/testing/store/world.ts";
import { cursorOf } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import type { Fault } from "./workerProcess.ts";
import {
  crowd,
  dies,
  notOnce,
  published,
  tens,
  WorkerWorld,
  type WorkerWorldOptions,
} from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a dead letter that is resumed", () => {
  /** Workers die with part 1 until its message is dead; the others do their work. */
  async function deadFirst(fault: Fault, options: WorkerWorldOptions = {}) {
    const { it, everybody } = await published(30, { maxReceiveCount: 1, ...options });
    await throughTime(it.next(fault));
    await throughTime(it.drain());
    const [body = ""] = it.queue.dead;
    return { it, everybody, body };
  }

  it("ends where the rest was sent on", async () => {
    const { it, everybody, body } = await deadFirst(dies("post", 0));
    expect(it.accepted).toEqual(everybody.slice(10));
    const report = await throughTime(it.resume(body));
    expect(report).toEqual({ matched: 10, delivered: 10, gone: 0, failed: 0, complete: true });
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it.each([
    ["claimed", dies("claim", 0)],
    ["sent on", dies("send", 0)],
  ])("goes on to the end when nothing was %s", async (_, fault) => {
    const { it, everybody, body } = await deadFirst(fault);
    expect(it.accepted).toEqual([]);
    await throughTime(it.resume(body));
    expect(it.accepted).toEqual(everybody);
  });

  it("posts to nobody when it is resumed or delivered again", async () => {
    const { it, everybody, body } = await deadFirst(dies("post", 0));
    await throughTime(it.resume(body));
    const report = await throughTime(it.resume(body));
    expect(report).toEqual({ matched: 0, delivered: 0, gone: 0, failed: 0, complete: true });
    it.queue.put(body);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it("is refused while a worker is at it", async () => {
    const { it, body } = await deadFirst(dies("post", 0), { visibilityMs: 1_000 });
    it.queue.put(body);
    const [message] = it.queue.visible();
    if (message === undefined) throw new Error("there is no message");
    vi.advanceTimersByTime(10_000);
    await throughTime(it.invoke(message, dies("post", 0)));
    await expect(throughTime(it.resume(body))).rejects.toMatchObject({ name: "PartBusyError" });
  });

  it.each([
    ["claimed", dies("claim", 0), true],
    ["asked whether the rest was sent", dies("claim", 1), true],
    ["noted to be done", dies("finish", 0), false],
  ])("and is never %s, since the store does not answer, ends", async (_, silent, isRejected) => {
    const { it, body } = await deadFirst(dies("post", 0));
    const resumed = throughTime(it.start(silent).resume(body));
    await (isRejected
      ? expect(resumed).rejects.toThrow("no answer from the store")
      : expect(resumed).resolves.toMatchObject({ delivered: 10, complete: true }));
  });

  it("and cut has a cursor that ends there too", async () => {
    const { it, everybody, body } = await deadFirst(dies("post", 0));
    const none = { ...tens, store: it.store, threshold: Number.POSITIVE_INFINITY };
    const alone = new WorkerWorld({ ...none, send: () => Promise.reject(new Error("no")) });
    const report = await throughTime(alone.resume(body, { deadlineMs: 0 }));
    await throughTime(alone.resume(cursorOf(report)));
    expect(alone.accepted).toEqual(everybody.slice(0, 10));
  });
});

it("a call's cursor is no message: it is posted to as often as it is given, and nothing is claimed", async () => {
  const it = new WorkerWorld({ ...tens, send: () => Promise.reject(new Error("no")) });
  const { store } = it;
  const everybody = await crowd(it, 5);
  const { cursor } = await throughTime(it.publish({ data: 1, deadlineMs: 0 }));
  const other = new WorkerWorld({ ...tens, store });
  await throughTime(other.resume(cursor));
  await throughTime(other.resume(cursor));
  expect(other.accepted).toEqual([...everybody, ...everybody]);
  expect(other.calls).not.toContain("claim");
});
