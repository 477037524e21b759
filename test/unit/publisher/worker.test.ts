import { tracked } from "@trpc/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sealCursor } from "../../../src/publisher/cursor.ts";
import { createFanOutHandler } from "../../../src/publisher/fanOutHandler.ts";
import { workerContext } from "../../../src/publisher/workerContext.ts";
import type { WorkClaim } from "../../../src/store/types.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { audience } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { WorkerProcess } from "./workerProcess.ts";
import { WorkerQueue } from "./workerQueue.ts";
import { crowd, notOnce, WorkerWorld } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("workers", () => {
  it("take whole pages, each at least as many as one message is for, and report their parts", async () => {
    const it = new WorkerWorld({ threshold: 5, recipientsPerMessage: 12, pageRows: 10 });
    const everybody = await crowd(it, 50);
    await throughTime(it.publish({ data: 1 }));
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    const counts = { gone: 0, failed: 0, duplicates: 0, path: "p", fanOutId: expect.any(String) };
    expect(it.reports).toEqual([
      { ...counts, matched: 20, delivered: 20, part: "1" },
      { ...counts, matched: 20, delivered: 20, part: "2" },
      { ...counts, matched: 5, delivered: 5, part: "3" },
    ]);
    expect(new Set(it.reports.map(({ fanOutId }) => fanOutId)).size).toBe(1);
    expect((await it.jobs()).map(({ part }) => part)).toEqual(["1", "2", "3"]);
  });

  it("of 3,000 in pages as the store cuts them, reach each once", async () => {
    const it = new WorkerWorld({ threshold: 100, recipientsPerMessage: 700, shards: 2 });
    const everybody = await crowd(it, 3_000);
    await throughTime(it.publish({ data: 1 }));
    await throughTime(it.drain());
    expect(it.accepted.toSorted()).toEqual(everybody);
    expect(it.reports.reduce((sum, { matched }) => sum + matched, 0)).toBe(2_900);
  });

  it("of a route with shards take one shard each, behind what was posted to", async () => {
    const it = new WorkerWorld({ threshold: 25, recipientsPerMessage: 5, pageRows: 5, shards: 3 });
    const everybody = await crowd(it, 60);
    await throughTime(it.publish({ data: 1 }));
    await throughTime(it.next());
    expect(it.reports).toEqual([]);
    const divided = (await it.jobs()).map(({ part, shard }) => `${part} ${shard}`);
    expect(divided).toEqual(["1 undefined", "1.0.0 0", "1.1.0 1", "1.2.0 2"]);
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    const parts = (await it.jobs()).map(({ part }) => part);
    expect(parts.length).toBe(new Set(parts).size);
  });

  it("of a union reach nobody twice, whichever part finds them", async () => {
    const it = new WorkerWorld({ threshold: 3, recipientsPerMessage: 4, pageRows: 4, shards: 2 });
    const both = await crowd(it, 30, { userId: 1, room: 1 });
    for (let n = 0; n < 20; n++) await it.join({ connectionId: `x${n}`, userId: 9, room: 1 });
    for (let n = 0; n < 20; n++) await it.join({ connectionId: `y${n}`, userId: 1, room: 9 });
    const filter = [
      { name: "byUser", ctx: { userId: 1 } },
      { name: "byRoom", input: { room: 1 } },
    ];
    await throughTime(it.publish({ data: 1, filter }));
    await throughTime(it.drain());
    expect(new Set(it.accepted).size).toBe(70);
    expect(it.accepted.length).toBe(70);
    expect(it.accepted).toEqual(expect.arrayContaining([...both]));
  });
});

describe("what workers", () => {
  it("do not reach in their own time becomes a message, and again", async () => {
    const it = new WorkerWorld({
      ...{ threshold: 0, recipientsPerMessage: 25, pageRows: 25, concurrency: 1 },
      post: () => new Promise((resolve) => setTimeout(resolve, 9)),
      // Ten posts and what is kept for the end.
      lambdaMs: () => 1_600,
    });
    const everybody = await crowd(it, 60);
    await throughTime(it.publish({ data: 1 }));
    await throughTime(it.drain());
    expect(it.accepted.toSorted()).toEqual(everybody);
    const posted = it.reports.map(({ part, matched }) => [part, matched]);
    const tens = ["1", "1.left.0", "2", "2.left.0", "3"].map((part) => [part, 10]);
    const fives = ["1.left.0.left.0", "2.left.0.left.0"].map((part) => [part, 5]);
    expect(posted.toSorted()).toEqual([...tens, ...fives].toSorted());
    expect(it.failures).toEqual([]);
  });

  const rich = () => ({ at: new Date(5), big: 7n, set: new Set([1]), none: undefined });
  it.each([
    ["superjson's values", rich, undefined],
    ["a tracked event", () => tracked("e1", rich()), undefined],
    ["what onData makes of superjson's values", rich, echo],
    ["what onData makes of a tracked event", () => tracked("e1", rich()), echo],
  ])("send of %s is what a publish without a queue sends", async (_, make, onData) => {
    const frames: string[][] = [];
    for (const threshold of [Number.POSITIVE_INFINITY, 3]) {
      const posted: string[] = [];
      const post = async ({ frame }: { readonly frame: string }): Promise<void> => {
        posted.push(frame);
      };
      const hook = onData && { onData };
      const it = new WorkerWorld({
        threshold,
        pageRows: 5,
        post,
        recipientsPerMessage: 5,
        ...hook,
      });
      await crowd(it, 20, { room: 4 });
      await throughTime(it.publish({ data: make() }));
      await throughTime(it.drain());
      frames.push(posted);
    }
    expect(frames[0]?.length).toBe(20);
    expect(frames[1]).toEqual(frames[0]);
  });
});

function echo({ data, input }: { readonly data: unknown; readonly input: unknown }): unknown {
  return { data, input };
}

describe("a message that is none of ours", () => {
  /** A body that would be worked on, and the world it is for. */
  async function oneMessage() {
    const it = new WorkerWorld({ threshold: 0, maxReceiveCount: 3 });
    await crowd(it, 5);
    await throughTime(it.publish({ data: 1 }));
    const [body = ""] = it.queue.sent;
    it.queue.delete({ id: "m0" });
    return { it, body };
  }

  it.each([
    ["malformed", () => "hello"],
    ["malformed", () => JSON.stringify({ default: "x" })],
    ["forged", (body: string) => `${body.slice(0, -1)}${body.endsWith("A") ? "E" : "A"}`],
    ["forged", (body: string) => body.replace(".", ".A")],
  ])("(%s) is reported each time and dead in the end", async (problem, change) => {
    const { it, body } = await oneMessage();
    it.queue.put(change(body));
    await throughTime(it.drain());
    expect(it.queue.dead).toEqual([change(body)]);
    const failure = { error: { name: "CursorError", problem } };
    expect(it.failures).toMatchObject([failure, failure, failure]);
    expect(it.accepted).toEqual([]);
  });

  it("or is too old, is reported once and over: nobody is left", async () => {
    const { it, body } = await oneMessage();
    vi.setSystemTime(START_MS + (2 * 60 + 15) * 60_000 + 1);
    it.queue.put(body);
    await throughTime(it.drain());
    expect(it.failures).toMatchObject([{ error: { name: "CursorError", problem: "expired" } }]);
    expect(it.queue.dead).toEqual([]);
    expect(it.accepted).toEqual([]);
  });

  it("or whose event is not kept any more, is dead in the end", async () => {
    const it = new WorkerWorld({ threshold: 0, maxReceiveCount: 3, maxMessageBytes: 1 });
    await crowd(it, 5);
    await throughTime(it.publish({ data: 1 }));
    const [job] = await it.jobs();
    await it.store.fanOuts.keep(job?.id ?? "", "", 0);
    await throughTime(it.drain());
    const failure = { error: { name: "CursorError", problem: "unknown" } };
    expect(it.failures).toMatchObject([failure, failure, failure]);
    expect(it.queue.dead).toEqual(it.queue.sent);
    expect(it.accepted).toEqual([]);
  });

  it("or whose route is not there, or has fewer shards by now, is dead in the end", async () => {
    const { it, body } = await oneMessage();
    const [job] = await it.jobs();
    if (job === undefined) throw new Error(body);
    const secret = await it.store.signingKey();
    const event = '"result":{"type":"data","data":{"json":1}}';
    it.queue.put(sealCursor({ job: { ...job, path: "q" }, event }, secret));
    it.queue.put(sealCursor({ job: { ...job, shard: 1 }, event }, secret));
    await throughTime(it.drain());
    expect(it.queue.dead.length).toBe(2);
    expect(it.failures.map(({ error }) => error.name).toSorted()).toEqual([
      ...Array<string>(3).fill("CursorError"),
      ...Array<string>(3).fill("RangeError"),
    ]);
    expect(it.accepted).toEqual([]);
  });
});

it("a worker outside Lambda, with no limit, claims a part for a quarter of an hour", async () => {
  const claims: WorkClaim[] = [];
  const queue = new WorkerQueue({ visibilityMs: 1, maxReceiveCount: 1 });
  const fanOut = queue.of(new WorkerProcess(undefined, () => 0));
  const one = audience({
    fanOut,
    deadlineMs: Number.POSITIVE_INFINITY,
    wrap: (store) => ({
      ...store,
      fanOuts: {
        ...store.fanOuts,
        claim: (claim) => {
          claims.push(claim);
          return store.fanOuts.claim(claim);
        },
      },
    }),
  });
  await one.join({ connectionId: "a" });
  await throughTime(one.publish({ data: 1 }));
  const [message] = queue.visible();
  if (message === undefined) throw new Error("nothing was sent");
  const handle = createFanOutHandler(
    workerContext(one.context, { queue: fanOut }),
    fanOut,
    undefined,
  );
  expect(await throughTime(handle(message))).toEqual({ isFailed: false });
  expect(claims.map(({ part, leaseUntil }) => [part, leaseUntil - Date.now() <= 900_000])).toEqual([
    ["1", true],
  ]);
  expect(one.posts.length).toBe(1);
});

it.each([Number.NaN, "5", null])("recipientsPerMessage %o is refused", (recipientsPerMessage) => {
  const queue = new WorkerQueue({ visibilityMs: 1, maxReceiveCount: 1 });
  const fanOut = queue.of(new WorkerProcess(undefined, () => 0));
  const { context } = audience();
  const options = { queue: fanOut, recipientsPerMessage: recipientsPerMessage as number };
  expect(() => workerContext(context, options)).toThrow("recipientsPerMessage is");
});
