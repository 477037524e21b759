import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { START_MS } from "../../../src/testing/store/world.ts";
import { throughTime } from "./virtualTime.ts";
import type { Fault } from "./workerProcess.ts";
import { dies, notOnce, published, tens, WorkerWorld } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What an operator does with the dead letters. */
async function resumeDead(it: WorkerWorld): Promise<void> {
  for (const body of it.queue.dead.splice(0)) await throughTime(it.resume(body));
}

describe("a worker that dies", () => {
  it.each([
    ["before it claims", dies("claim", 0), 0],
    ["once it has claimed", dies("claim", 0, true), 10],
    ["before it sends on", dies("send", 0), 10],
    ["once it has sent on", dies("send", 0, true), 10],
    ["at its first post", dies("post", 0), 10],
    ["at its seventh post", dies("post", 6), 10],
    ["before it says it is done", dies("finish", 0), 10],
    ["once it has said so", dies("finish", 0, true), 0],
  ])("%s is repeated, in its own part alone", async (_, fault, duplicates) => {
    const { it, everybody } = await published(30, { concurrency: 1 });
    expect(await throughTime(it.next(fault))).toBe("again");
    await throughTime(it.drain());
    expect(everybody.filter((each) => !it.accepted.includes(each))).toEqual([]);
    const twice = Object.keys(notOnce(everybody, it.accepted));
    expect(everybody.slice(0, 10)).toEqual(expect.arrayContaining(twice));
    expect(it.reports.reduce((sum, report) => sum + report.duplicates, 0)).toBe(duplicates);
    expect(it.queue.dead).toEqual([]);
  });

  it("as all of them do once they have sent on, leaves one message for each part", async () => {
    const { it, everybody } = await published(60);
    while (it.queue.size > 0) {
      if ((await throughTime(it.next(dies("post", 0)))) === undefined && it.queue.size > 0) {
        vi.advanceTimersByTime(10_000);
      }
    }
    expect((await it.jobs()).map(({ part }) => part)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    // The last one has nobody, and ends well.
    expect(it.queue.dead).toEqual(it.queue.sent.slice(0, 6));
    await resumeDead(it);
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it.each([
    ["its last rows", (names: readonly string[]) => names.slice(8, 10)],
    ["all its rows", (names: readonly string[]) => names.slice(0, 10)],
    ["rows behind it", (names: readonly string[]) => names.slice(10, 13)],
    ["rows on both sides", (names: readonly string[]) => names.slice(7, 14)],
    ["all rows but the last", (names: readonly string[]) => names.slice(0, -1)],
  ])("loses nobody while %s go and others come", async (_, choose) => {
    const { it, everybody } = await published(30);
    await throughTime(it.next(dies("post", 3)));
    const left = new Set(choose(everybody));
    for (const name of left) await it.store.disconnect(name.slice(0, 4));
    for (const fresh of ["0000x", "0009x", "0010x", "0029x"]) {
      await it.join({ connectionId: fresh });
    }
    await throughTime(it.drain());
    const staying = everybody.filter((each) => !left.has(each));
    expect(staying.filter((each) => !it.accepted.includes(each))).toEqual([]);
    const behind = staying.filter((each) => everybody.indexOf(each) >= 10);
    for (const each of behind) expect(it.accepted.filter((name) => name === each)).toEqual([each]);
  });
});

it("what is left over of a part that is repeated counts as repeated too", async () => {
  let latencyMs = 0;
  const { it, everybody } = await published(10, {
    concurrency: 1,
    latencyMs: () => latencyMs,
    lambdaMs: () => 1_600,
  });
  await throughTime(it.next(dies("finish", 0)));
  expect(it.accepted).toEqual(everybody);
  vi.advanceTimersByTime(10_000);
  latencyMs = 12;
  await throughTime(it.drain());
  const ended = it.reports.filter(({ part }) => part.startsWith("1"));
  expect(ended.map(({ part }) => part).slice(0, 2)).toEqual(["1", "1.left.0"]);
  expect(ended.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(10);
});

describe("a message that is delivered twice at once", () => {
  it("is worked on once; the other one comes again, and finds it done", async () => {
    const { it, everybody } = await published(10, { latencyMs: () => 1 });
    const [message] = it.queue.visible();
    const received = message && it.queue.receive(message);
    if (received === undefined) throw new Error("there is no message");
    const outcomes = await throughTime(Promise.all([it.invoke(received), it.invoke(received)]));
    expect(outcomes.map(({ isDone }) => isDone).toSorted()).toEqual([false, true]);
    expect(it.failures).toMatchObject([{ error: { name: "PartBusyError" } }]);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    expect(it.reports.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(0);
  });

  it("is divided into shards whose parts are worked on once", async () => {
    const { it, everybody } = await published(40, { shards: 3 });
    for (const body of it.queue.sent.slice(0, 1)) it.queue.put(body);
    await throughTime(it.drain());
    for (const body of [...it.queue.sent]) it.queue.put(body);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });
});

describe("a call that fails", () => {
  const fails = (at: Fault["at"], isAfter: boolean): Fault => ({
    ...(at !== undefined && { at }),
    ...{ call: 0, kind: "fail", isAfter },
  });

  it.each([
    ["page", false],
    ["claim", false],
    ["send", false],
    ["send", true],
  ] as const)("%s (%s) brings the message back, and nobody was posted to", async (at, isAfter) => {
    const { it, everybody } = await published(30);
    expect(await throughTime(it.next(fails(at, isAfter)))).toBe("again");
    expect(it.accepted).toEqual([]);
    expect(it.failures).toMatchObject([{ error: { message: "fault" } }]);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it("at the end, when all was posted, is told and no reason to begin again", async () => {
    const { it, everybody } = await published(5);
    expect(await throughTime(it.next(fails("finish", false)))).toBe("done");
    expect(it.failures).toMatchObject([{ path: "p", error: { message: "fault" } }]);
    expect(it.reports).toMatchObject([{ delivered: 5, duplicates: 0 }]);
    expect(it.accepted).toEqual(everybody);
  });

  it("to the queue that never answers ends with the worker's time", async () => {
    const { it } = await published(30);
    const send = (): Promise<never> => new Promise(() => undefined);
    const deaf = new WorkerWorld({ ...tens, store: it.store, send });
    const [message] = it.queue.visible();
    if (message === undefined) throw new Error("there is no message");
    expect(await throughTime(deaf.invoke(message))).toEqual({ isDone: false, isHit: false });
    expect(deaf.failures).toMatchObject([{ error: { name: "TransportError" } }]);
  });
});
