// The publisher loads its calls when they are first needed, which takes real time.
import "../../../src/publisher/calls.ts";
import "../../../src/publisher/worker.ts";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { START_MS } from "../../../src/testing/store/world.ts";

const immediate = setImmediate;

/** Each test of a file begins at the start of time, and leaves no timer. */
export function inVirtualTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: START_MS });
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

/** Lets everything run that waits for no clock. */
export const settled = (): Promise<void> => new Promise((resolve) => immediate(resolve));

/** Runs fake timers, one after the other, until a promise settles. The time between them passes at once. */
export async function throughTime<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  promise.then(end, end);
  for (;;) {
    await settled();
    if (isOver) return promise;
    if (vi.getTimerCount() === 0) throw new Error("it waits for what no timer brings");
    vi.advanceTimersToNextTimer();
  }
}

/** Lets some time pass, with everything that happens in it. */
export async function pass(ms: number): Promise<void> {
  await throughTime(new Promise((resolve) => setTimeout(resolve, ms)));
}
