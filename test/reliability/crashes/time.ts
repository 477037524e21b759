// They are loaded when they are first needed, which takes real time.
import "../../../src/publisher/calls.ts";
import "../../../src/publisher/worker.ts";
import { vi } from "vitest";
import type { LambdaProcess } from "./lambdaProcess.ts";

const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;
const realSetImmediate = setImmediate;

/** Tries of the store wait in `node:timers/promises`, which no test can turn: a millisecond, with no jitter. */
const RETRY_MS = 3;
/** The clock is turned after as many such times in which nothing happened. */
const QUIET_ROUNDS = 2;

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
}

/** Gives the clock back. */
export function giveTimeBack(): void {
  vi.useRealTimers();
  vi.mocked(Math.random).mockRestore();
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

async function quiet(process: LambdaProcess, isOver: () => boolean): Promise<void> {
  for (let rounds = 0; rounds < QUIET_ROUNDS; rounds++) {
    const { length } = process.calls;
    await overNetwork(process.idle());
    for (let turn = 0; turn < 4; turn++) {
      await new Promise((resolve) => realSetImmediate(resolve));
      if (isOver()) return;
    }
    await new Promise((resolve) => realSetTimeout(resolve, RETRY_MS));
    await vi.dynamicImportSettled();
    if (isOver()) return;
    if (process.calls.length !== length) rounds = -1;
  }
}
