import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CallLimit, withDeadline } from "../../../src/publisher/withDeadline.ts";
import { pass } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Work that ends at its abort; when it was stopped and aborted. */
async function run(limit: CallLimit, end: "at the abort" | "at the stop" = "at the abort") {
  const startMs = performance.now();
  const seen: { stopMs?: number; abortMs?: number } = {};
  const call = withDeadline(limit, ({ stop, abort }) => {
    const at = () => performance.now() - startMs;
    return new Promise<typeof seen>((resolve) => {
      const onStop = (): void => {
        seen.stopMs = at();
        if (end === "at the stop") resolve(seen);
      };
      const onAbort = (): void => {
        seen.abortMs = at();
        resolve(seen);
      };
      stop.addEventListener("abort", onStop);
      abort.addEventListener("abort", onAbort);
      if (stop.aborted) onStop();
      if (abort.aborted) onAbort();
    });
  });
  return { call, seen };
}

describe("withDeadline", () => {
  it.each([
    [50, 45],
    [1_000, 900],
    [10_000, 9_000],
    [25_000, 24_000],
    [60_000, 59_000],
  ])("of %i ms stops after %i and aborts at it", async (deadlineMs, stopMs) => {
    const { call, seen } = await run({ deadlineMs });
    await pass(stopMs - 1);
    expect(seen).toEqual({});
    await pass(1);
    expect(seen).toEqual({ stopMs });
    await pass(deadlineMs - stopMs - 1);
    expect(seen).toEqual({ stopMs });
    await pass(1);
    expect(await call).toEqual({ stopMs, abortMs: deadlineMs });
  });
});

describe("a call with a deadline", () => {
  it("leaves no timer and no listener, whether the work ends, fails or is stopped", async () => {
    const { signal } = new AbortController();
    for (const deadlineMs of [0, 50, 25_000, Number.POSITIVE_INFINITY]) {
      await withDeadline({ deadlineMs, signal }, async () => undefined);
      const failing = () => Promise.reject(new Error("no"));
      await expect(withDeadline({ deadlineMs, signal }, failing)).rejects.toThrow("no");
      expect(vi.getTimerCount()).toBe(0);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
    const controller = new AbortController();
    const { call } = await run({ deadlineMs: 50, signal: controller.signal }, "at the stop");
    controller.abort();
    await call;
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, -25_000])("of %i ms is stopped before it begins", async (deadlineMs) => {
    const { call } = await run({ deadlineMs }, "at the stop");
    expect(await call).toEqual({ stopMs: 0 });
  });

  it("of Infinity ends by the signal alone, and a timer is never longer than Node's", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { call, seen } = await run({ deadlineMs: Number.POSITIVE_INFINITY, signal });
    expect(vi.getTimerCount()).toBe(0);
    controller.abort();
    expect(seen).toEqual({ stopMs: 0 });
    await pass(1_000);
    expect(await call).toEqual({ stopMs: 0, abortMs: 1_000 });
    const delays: unknown[] = [];
    const real = setTimeout;
    vi.spyOn(globalThis, "setTimeout").mockImplementation((end, delay, ...given) => {
      delays.push(delay);
      return real(end, delay, ...given);
    });
    await withDeadline({ deadlineMs: Number.MAX_VALUE }, async () => undefined);
    vi.restoreAllMocks();
    expect(delays).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
  });
});

describe("a call with a deadline and a signal", () => {
  it.each([
    [25_000, 1_000],
    [200, 20],
  ])("of %i ms gives %i to what is under way after the caller's signal", async (deadlineMs, ms) => {
    const controller = new AbortController();
    const { call } = await run({ deadlineMs, signal: controller.signal });
    await pass(100);
    controller.abort();
    await pass(ms);
    expect(await call).toEqual({ stopMs: 100, abortMs: 100 + ms });
  });

  it("aborts at the deadline even when the caller's signal came just before", async () => {
    const controller = new AbortController();
    const { call } = await run({ deadlineMs: 200, signal: controller.signal });
    await pass(195);
    controller.abort();
    await pass(5);
    expect(await call).toEqual({ stopMs: 180, abortMs: 200 });
  });

  it("is stopped from the start by a signal that was aborted before", async () => {
    const { call } = await run({ deadlineMs: 200, signal: AbortSignal.abort() });
    await pass(20);
    expect(await call).toEqual({ stopMs: 0, abortMs: 20 });
  });
});

describe("a call with many posts", () => {
  it("lets any number of posts listen without a warning in the log", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    await withDeadline({ deadlineMs: Number.POSITIVE_INFINITY }, async ({ stop, abort }) => {
      for (let post = 0; post < 64; post++) {
        stop.addEventListener("abort", () => undefined);
        abort.addEventListener("abort", () => undefined);
      }
      await pass(1);
    });
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});
