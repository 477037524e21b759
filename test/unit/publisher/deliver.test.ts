import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TransportError, type TransportFailure } from "../../../src/errors.ts";
import { deliver, pause, withTimeout } from "../../../src/publisher/deliver.ts";
import type { Transport } from "../../../src/publisher/transport.ts";

const outgoing = { connectionId: "c", frame: "frame" };
const failure = (kind: TransportFailure) => new TransportError(kind, kind);

interface Attempt {
  readonly atMs: number;
  readonly signal: AbortSignal;
}

/** Answers the n-th post with the n-th answer, the last one again and again; `hang` never, whatever its signal says. */
function transportOf(...answers: readonly (Error | "ok" | "hang")[]) {
  const posts: Attempt[] = [];
  const transport: Transport = {
    async post(connectionId, frame, { signal }) {
      expect({ connectionId, frame }).toEqual(outgoing);
      const answer = answers[Math.min(posts.length, answers.length - 1)];
      posts.push({ atMs: Date.now(), signal });
      if (answer === "hang") await new Promise(() => undefined);
      if (answer instanceof Error) throw answer;
    },
    close: () => Promise.reject(new Error("not expected")),
  };
  return { transport, posts };
}

const policy = { maxAttempts: 3, postTimeoutMs: 1_000 };

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const start = (
  { transport }: Pick<ReturnType<typeof transportOf>, "transport">,
  signal = new AbortController().signal,
) => deliver(transport, outgoing, { ...policy, signal });

describe("deliver", () => {
  it("delivers at the first try", async () => {
    const fake = transportOf("ok");
    expect(await start(fake)).toEqual({ status: "delivered" });
    expect(fake.posts.length).toBe(1);
  });

  it.each(["throttled", "transient"] as const)("C25: tries %s three times", async (kind) => {
    const fake = transportOf(failure(kind));
    const delivery = start(fake);
    await vi.runAllTimersAsync();
    expect(await delivery).toEqual({ status: "failed", error: failure(kind) });
    expect(fake.posts.length).toBe(3);
  });

  it.each(["forbidden", "tooLarge", "unknown"] as const)(
    "C8: gives %s up at once",
    async (kind) => {
      const fake = transportOf(failure(kind), "ok");
      expect(await start(fake)).toEqual({ status: "failed", error: failure(kind) });
      expect(fake.posts.length).toBe(1);
    },
  );

  it("tells a closed connection from a failure, and does not try it again", async () => {
    const fake = transportOf(failure("gone"), "ok");
    expect(await start(fake)).toEqual({ status: "gone" });
    expect(fake.posts.length).toBe(1);
  });

  it("keeps the cause of an error that no transport should throw, and gives up", async () => {
    const cause = new TypeError("broken transport");
    const fake = transportOf(cause, "ok");
    const delivery = await start(fake);
    expect(delivery).toMatchObject({ status: "failed", error: { failure: "unknown", cause } });
    expect(fake.posts.length).toBe(1);
  });

  it("delivers once the fault is over", async () => {
    const fake = transportOf(failure("throttled"), failure("transient"), "ok");
    const delivery = start(fake);
    await vi.runAllTimersAsync();
    expect(await delivery).toEqual({ status: "delivered" });
    expect(fake.posts.length).toBe(3);
  });
});

describe("deliver, in time", () => {
  it.each([
    [0, [0, 0, 0]],
    [0.5, [0, 100, 300]],
    [1 - Number.EPSILON, [0, 199, 598]],
  ])("pauses with jitter, at most 200 and 400 ms (random %d)", async (random, expected) => {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const fake = transportOf(failure("throttled"));
    const delivery = start(fake);
    await vi.runAllTimersAsync();
    await delivery;
    for (const [index, { atMs }] of fake.posts.entries()) {
      expect(Math.abs(atMs - (expected[index] ?? Number.NaN))).toBeLessThanOrEqual(2);
    }
  });

  it("C25: aborts a hanging post at its time limit and tries again", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const fake = transportOf("hang", "ok");
    const delivery = start(fake);
    await vi.advanceTimersByTimeAsync(policy.postTimeoutMs - 1);
    expect(fake.posts.map(({ signal }) => signal.aborted)).toEqual([false]);
    await vi.runAllTimersAsync();
    expect(await delivery).toEqual({ status: "delivered" });
    expect(fake.posts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it("ends at the abort while a post hangs, and does not try again", async () => {
    const fake = transportOf("hang", "ok");
    const controller = new AbortController();
    const delivery = start(fake, controller.signal);
    await vi.advanceTimersByTimeAsync(10);
    controller.abort();
    expect(await delivery).toMatchObject({ status: "failed", error: { failure: "transient" } });
    expect(fake.posts.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("ends at the abort while it waits for the next try", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    const fake = transportOf(failure("throttled"), "ok");
    const controller = new AbortController();
    const delivery = start(fake, controller.signal);
    await vi.advanceTimersByTimeAsync(10);
    controller.abort();
    expect(await delivery).toEqual({ status: "failed", error: failure("throttled") });
    expect(fake.posts.length).toBe(1);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});

describe("withTimeout", () => {
  const limit = (signal: AbortSignal) => ({ timeoutMs: 1_000, signal, from: "the fake" });

  it("gives the result, and leaves no timer and no listener", async () => {
    const { signal } = new AbortController();
    expect(await withTimeout(limit(signal), async () => 7)).toBe(7);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("hands a failure on", async () => {
    const { signal } = new AbortController();
    const broken = withTimeout(limit(signal), () => Promise.reject(new RangeError("broken")));
    await expect(broken).rejects.toThrow(RangeError);
  });

  it("says whose answer did not come, and why it was not waited for any longer", async () => {
    const controller = new AbortController();
    const never = () => new Promise(() => undefined);
    const late = expect(withTimeout(limit(controller.signal), never)).rejects.toThrow(
      "no answer from the fake within 1000 ms",
    );
    await vi.advanceTimersByTimeAsync(1_000);
    await late;
    const cut = withTimeout(limit(controller.signal), never);
    controller.abort();
    await expect(cut).rejects.toThrow("no answer from the fake until the deadline");
    const refused = withTimeout(limit(controller.signal), never);
    await expect(refused).rejects.toMatchObject({ name: "TransportError", failure: "transient" });
  });
});

describe("pause", () => {
  it("waits that long", async () => {
    const { signal } = new AbortController();
    const waiting = pause(50, signal).then(() => Date.now());
    await vi.advanceTimersByTimeAsync(50);
    expect(await waiting).toBe(50);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends at the abort, before and during", async () => {
    await pause(50, AbortSignal.abort());
    const controller = new AbortController();
    const waiting = pause(50, controller.signal);
    controller.abort();
    await waiting;
    expect(Date.now()).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});
