// They are loaded when they are first needed, which takes real time.
import "../../../src/publisher/calls.ts";
import "../../../src/publisher/worker.ts";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { vi } from "vitest";
import type { LambdaProcess } from "./lambdaProcess.ts";

const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;
const realSetImmediate = setImmediate;

const realDelay = timers.setTimeout;

/** Turns of the event loop in which a process gets on, or waits for an answer or a timer. */
const TURNS = 50;

/** Beyond it an answer of the emulator is late. */
const PATIENCE_MS = 20;

/** How an invocation ended. */
export type Ended =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  /** Killed: by the plan, or because its time ran out. */
  | { readonly kind: "died" | "ran out" };

/** Turns the clock of this file's tests by hand, and takes the jitter out of waiting. */
export function takeTime(): void {
  startAt(Date.now());
  vi.spyOn(Math, "random").mockReturnValue(0);
  // Tries of the store wait here, for no time without jitter. No fake timers take its place.
  letStoreWait(noDelay);
}

/** Gives the clock back. */
export function giveTimeBack(): void {
  vi.useRealTimers();
  vi.mocked(Math.random).mockRestore();
  letStoreWait(realDelay);
}

const noDelay: typeof realDelay = <T>(_delayMs?: number, value?: T) =>
  new Promise<T>((resolve) => realSetImmediate(() => resolve(value as T)));

function letStoreWait(delay: typeof realDelay): void {
  timers.setTimeout = delay;
  syncBuiltinESMExports();
}

/** Starts another clock at a time, with no timers. One that is set back would make `performance.now()` negative. */
export function startAt(epochMs: number): void {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
    now: epochMs,
  });
}

/** Lets a process work until it is done. What it waits for beside its calls passes at once. */
export async function through(
  process: LambdaProcess,
  work: () => Promise<unknown>,
): Promise<Ended> {
  let ended: Ended | undefined;
  const running = work();
  running.then(
    (value) => {
      ended ??= { kind: "returned", value };
    },
    (error: unknown) => {
      ended ??= { kind: "threw", error };
    },
  );
  void process.died.then(() => {
    ended ??= { kind: "died" };
  });
  for (;;) {
    await quiet(process, () => ended !== undefined);
    if (ended !== undefined) break;
    if (vi.getTimerCount() > 0 && Date.now() < process.endsAtMs) vi.advanceTimersToNextTimer();
    else {
      ended = { kind: "ran out" };
      void process.die();
    }
  }
  await overNetwork(process.idle());
  process.noteClosed();
  return ended;
}

/**
 * Lets work that needs no network come to its end. The clock goes on when nothing else does.
 *
 * @param calls - how many calls it has made
 */
export async function finish<T>(work: Promise<T>, calls: () => number): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  work.then(end, end);
  for (;;) {
    const before = calls();
    await turns(() => isOver);
    if (isOver) return work;
    if (calls() !== before) continue;
    if (vi.getTimerCount() === 0) throw new Error("a process without faults does not end");
    vi.advanceTimersToNextTimer();
  }
}

/** Waits for the network, on which the SDK may try again: its pauses have no length without jitter. */
export async function overNetwork<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  const ended = work.then(end, end);
  while (!isOver) {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = realSetTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([ended, patience]);
    realClearTimeout(timer);
    if (!isOver) vi.advanceTimersByTime(0);
  }
  return work;
}

/** Waits until a process waits for the clock, if it does not come to its end. */
async function quiet(process: LambdaProcess, isOver: () => boolean): Promise<void> {
  let calls: number;
  do {
    calls = process.calls.length;
    await overNetwork(process.idle());
    await turns(isOver);
  } while (!isOver() && process.calls.length !== calls);
}

/** Lets everything go on that waits for no answer and no clock. */
async function turns(isOver: () => boolean): Promise<void> {
  for (let turn = 0; turn < TURNS && !isOver(); turn++) {
    await new Promise((resolve) => realSetImmediate(resolve));
  }
  if (!isOver()) await vi.dynamicImportSettled();
}
