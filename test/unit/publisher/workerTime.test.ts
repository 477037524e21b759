import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { throughTime } from "./virtualTime.ts";
import { notOnce, published } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a worker without time", () => {
  it.each([1_000, 1_500])("(%d ms) says so, and leaves the part unclaimed", async (lambdaMs) => {
    let remainingMs = lambdaMs;
    const { it, everybody } = await published(30, { lambdaMs: () => remainingMs });
    expect(await throughTime(it.next())).toBe("again");
    expect(it.failures).toMatchObject([{ error: { name: "TimeTooShortError" } }]);
    expect(it.failures[0]?.error).toMatchObject({ remainingMs: lambdaMs });
    remainingMs = 8_000;
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
    expect(it.reports.every(({ duplicates }) => duplicates === 0)).toBe(true);
  });

  it("because the store does not say what its message is says so before Lambda ends it", async () => {
    let latencyMs = 0;
    const { it, everybody } = await published(30, { latencyMs: () => latencyMs });
    latencyMs = 3_600_000;
    expect(await throughTime(it.next())).toBe("again");
    expect(it.failures).toMatchObject([{ error: { name: "TransportError" } }]);
    expect(it.failures[0]?.error.message).toContain("no answer from the store");
    latencyMs = 0;
    await throughTime(it.drain());
    expect(notOnce(everybody, it.accepted)).toEqual({});
  });

  it.each([
    ["a part", {}],
    ["a part that is to be divided", { shards: 2 }],
  ])("because the store does not answer its claim of %s says so, too", async (_, options) => {
    const { it } = await published(30, options);
    const silent = { at: "claim", call: 0, kind: "hang", isAfter: false } as const;
    expect(await throughTime(it.next(silent))).toBe("again");
    expect(it.failures).toMatchObject([{ error: { name: "TransportError" } }]);
  });

  it("left by the reading does not claim the part", async () => {
    const onData = ({ data }: { readonly data: unknown }): unknown => data;
    // Its own time is 100 ms; the rows take 50 of them, and their subscriptions the rest.
    const slow = { onData, latencyMs: () => 50, lambdaMs: () => 1_650 };
    const { it } = await published(10, slow);
    expect(await throughTime(it.next())).toBe("again");
    expect(it.calls).toContain("getSubscriptions");
    expect(it.calls).not.toContain("claim");
    expect(it.failures).toMatchObject([{ error: { name: "TimeTooShortError" } }]);
  });

  it("that gets no post begun does not send its part on and on", async () => {
    // Of its own 100 ms reading, claiming and sending on take all that is not kept for posts to end.
    const { it, everybody } = await published(10, { latencyMs: () => 20, lambdaMs: () => 1_620 });
    expect(await throughTime(it.next())).toBe("again");
    expect((await it.jobs()).map(({ part }) => part)).toEqual(["1", "2"]);
    expect(it.failures).toMatchObject([{ error: { name: "TimeTooShortError" } }]);
    await throughTime(it.drain());
    expect(it.accepted.toSorted()).toEqual(everybody);
  });
});

it("who was refused until a worker's time was over is in what is left, and tried again", async () => {
  const refused = new Set(["0003/1", "0007/1"]);
  const post = async ({ connectionId }: { readonly connectionId: string }): Promise<void> => {
    const name = `${connectionId}/1`;
    if (!refused.has(name)) return;
    if (Date.now() > START_MS + 5_000) refused.delete(name);
    throw new TransportError("throttled", "429");
  };
  const { it, everybody } = await published(10, {
    post,
    lambdaMs: () => 1_600,
    maxAttempts: 1_000,
    latencyMs: () => 1,
  });
  await throughTime(it.next());
  const left = (await it.jobs()).find(({ part }) => part === "1.left.0");
  expect(left?.pending.map(({ subscriber }) => subscriber.connectionId).toSorted()).toEqual([
    "0003",
    "0007",
  ]);
  vi.advanceTimersByTime(10_000);
  await throughTime(it.drain());
  expect(notOnce(everybody, it.accepted)).toEqual({});
});
