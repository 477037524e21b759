import { describe, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import type { SubscriptionsEvent } from "../../../src/events/types.ts";
import { type AudienceOptions, audience, cursorOf, joinAll } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { crowd, tens, WorkerWorld } from "./workerWorld.ts";

const durationMs = expect.any(Number);
const fanOutId = expect.stringMatching(/^[\w-]{16}$/);

function listening(options: AudienceOptions = {}) {
  const events: SubscriptionsEvent[] = [];
  const it = audience({ onEvent: (event) => events.push(event), ...options });
  /** What was told since the last time. */
  const told = (): readonly SubscriptionsEvent[] => events.splice(0);
  return { ...it, told };
}

const published = {
  ...{ type: "published", by: "publish", fanOutId, path: "p", gone: 0, failed: 0 },
  ...{ complete: true, queued: false, duplicates: 0, durationMs },
} as const;

describe("publish", () => {
  it("tells whom it was for by names of filters, and what became of it", async () => {
    const { join, publish, told } = listening();
    await join({ connectionId: "c", userId: 1, room: 2 });
    await publish({ data: 1 });
    const one = { ...published, matched: 1, delivered: 1 };
    expect(told()).toEqual([{ ...one, filters: "everybody" }]);
    const user = (userId: number) => ({ name: "byUser", ctx: { userId } });
    await publish({ data: 1, filter: user(1) });
    expect(told()).toEqual([{ ...one, filters: ["byUser"] }]);
    const filter = [user(1), user(9), { name: "byRoom", input: { room: 2 } }];
    await publish({ data: 1, filter });
    expect(told()).toEqual([{ ...one, filters: ["byUser", "byRoom"] }]);
    await publish({ data: 1, filter: [] });
    expect(told()).toEqual([{ ...published, matched: 0, delivered: 0, filters: [] }]);
  });

  it("tells of each connection that is gone once, with all its subscriptions", async () => {
    const post = async () => {
      throw new TransportError("gone", "closed");
    };
    const { join, publish, told } = listening({ post });
    await join({ connectionId: "a", id: 1 });
    await join({ connectionId: "a", id: 2 });
    await join({ connectionId: "b", id: 1 });
    await publish({ data: 1 });
    const gone = { type: "gone", step: "publisher" };
    expect(told()).toEqual([
      { ...gone, connectionId: "a", subscriptions: 2 },
      { ...gone, connectionId: "b", subscriptions: 1 },
      { ...published, filters: "everybody", matched: 3, delivered: 0, gone: 3 },
    ]);
  });
});

describe("a publish that meets difficulties", () => {
  it("tells once of a connection whose subscriptions are cleaned up in several batches", async () => {
    const post = async ({ connectionId }: { readonly connectionId: string }) => {
      if (connectionId === "a") throw new TransportError("gone", "closed");
    };
    const { join, publish, told } = listening({ post });
    for (let id = 0; id < 60; id++) await join({ connectionId: "a", id });
    await joinAll({ join }, 60);
    expect(await publish({ data: 1 })).toMatchObject({ delivered: 60, gone: 60 });
    const gone = told().filter(({ type }) => type === "gone");
    expect(gone).toMatchObject([{ connectionId: "a", subscriptions: 60 }]);
  });

  it("tells how often it was refused, and of whom it gave up", async () => {
    const error = new TransportError("throttled", "429");
    const post = () => Promise.reject(error);
    const { join, publish, told, failures } = listening({ post, maxAttempts: 2 });
    await join({ connectionId: "a" });
    await publish({ data: 1 });
    expect(failures).toHaveLength(1);
    const failed = { type: "failed", step: "publisher", error, code: "TRANSPORT" };
    expect(told()).toEqual([
      { ...failed, path: "p", connectionId: "a" },
      { ...published, filters: "everybody", matched: 1, delivered: 0, failed: 1 },
      { type: "throttled", by: "managementApi", times: 2, step: "publisher", path: "p" },
    ]);
  });

  it("counts refusals of its own alone", async () => {
    let refusals = 1;
    const post = async ({ frame }: { readonly frame: string }) => {
      if (frame.includes("refused") && refusals-- > 0) throw new TransportError("throttled", "429");
    };
    const { join, publish, told } = listening({ post, concurrency: 1 });
    await joinAll({ join }, 3);
    await Promise.all([publish({ data: "refused" }), publish({ data: "let through" })]);
    const throttled = told().filter(({ type }) => type === "throttled");
    expect(throttled).toMatchObject([{ times: 1 }]);
  });

  it("tells of one that threw, and of nothing else", async () => {
    const { publish, told } = listening();
    const error = await publish({ data: 1, filter: { name: "nobody" } }).catch((thrown) => thrown);
    const rejected = { type: "rejected", call: "publish", path: "p", durationMs };
    expect(told()).toEqual([{ ...rejected, error, code: "INVALID_FILTER" }]);
  });

  it("that is cut and its resume are parts of one", async () => {
    const { join, publish, resume, told } = listening();
    await joinAll({ join }, 3);
    const report = await publish({ data: 1, deadlineMs: 0 });
    await resume(cursorOf(report));
    const events = told();
    const all = { filters: "everybody", path: "p" };
    expect(events).toMatchObject([
      { ...all, by: "publish", matched: 0, complete: false },
      { ...all, by: "resume", matched: 3, delivered: 3, complete: true },
    ]);
    expect(new Set(events.map((event) => event.type === "published" && event.fanOutId)).size).toBe(
      1,
    );
  });
});

describe("the other calls", () => {
  it("complete tells of each subscription and of them all", async () => {
    const { join, complete, told } = listening();
    await join({ connectionId: "c", userId: 1 });
    await complete({ name: "byUser", ctx: { userId: 1 } });
    expect(told()).toEqual([
      { type: "unsubscribed", connectionId: "c", id: 1, path: "p", by: "publisher" },
      {
        ...{ type: "completed", path: "p", filters: ["byUser"], durationMs, complete: true },
        ...{ matched: 1, delivered: 1, gone: 0, failed: 0 },
      },
    ]);
  });

  it("count tells nothing unless it throws", async () => {
    const { count, told } = listening();
    await count();
    expect(told()).toEqual([]);
    await count({ name: "nobody" }).catch(() => undefined);
    expect(told()).toMatchObject([{ type: "rejected", call: "count", path: "p" }]);
  });

  it("resume tells of a cursor that is none", async () => {
    const { resume, told } = listening();
    await resume("none").catch(() => undefined);
    const error = expect.any(Error);
    expect(told()).toEqual([
      { type: "rejected", call: "resume", error, code: "INVALID_CURSOR", durationMs },
    ]);
  });
});

it("a queue's worker tells of its part, the publisher that it left one", async () => {
  vi.useFakeTimers();
  try {
    const events: SubscriptionsEvent[] = [];
    const world = new WorkerWorld({ ...tens, onEvent: (event) => events.push(event) });
    await crowd(world, 12);
    await throughTime(world.publish({ data: 1 }));
    await throughTime(world.drain());
    expect(events).toMatchObject([
      { type: "published", by: "publish", matched: 0, queued: true, filters: "everybody" },
      { type: "published", by: "worker", matched: 10, delivered: 10, queued: false },
      { type: "published", by: "worker", matched: 2, delivered: 2, duplicates: 0 },
    ]);
    const ids = events.map((event) => event.type === "published" && event.fanOutId);
    expect(new Set(ids).size).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

describe("an onEvent that throws", () => {
  const broken = new Error("broken listener");
  const onEvent = (): never => {
    throw broken;
  };

  it("changes nothing of a publish, and onError is told of it once for each event", async () => {
    const { join, publish, failures } = audience({ onEvent });
    await join({ connectionId: "c" });
    const report = await publish({ data: 1 });
    expect(report).toEqual({ matched: 1, delivered: 1, gone: 0, failed: 0, complete: true });
    expect(failures).toEqual([{ error: broken }]);
  });

  it("is not told of itself", async () => {
    const post = () => Promise.reject(new TransportError("forbidden", "403"));
    const { join, publish, failures } = audience({ onEvent, post });
    await join({ connectionId: "c" });
    expect(await publish({ data: 1 })).toMatchObject({ failed: 1, complete: true });
    expect(failures.map(({ error }) => error.message)).toEqual([
      "403",
      broken.message,
      broken.message,
    ]);
  });
});
