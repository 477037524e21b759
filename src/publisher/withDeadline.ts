import { setMaxListeners } from "node:events";
import { MAX_TIMER_MS } from "../protocol/limits.ts";
import { withTimeout } from "./deliver.ts";

/** How long a call may take. */
export interface CallLimit {
  /** From now. */
  readonly deadlineMs: number;
  /** The caller's own end of it. */
  readonly signal?: AbortSignal;
}

/** What the parts of a call go by. */
export interface CallSignals {
  /** Nothing more is begun. */
  readonly stop: AbortSignal;
  /** What is under way is given up. */
  readonly abort: AbortSignal;
}

/** Part of the time, and most of it, that is kept for what is under way to end and be counted. */
const DRAIN_SHARE = 0.1;
const MAX_DRAIN_MS = 1_000;
/** Time beyond the deadline for the store to end what it was asked. */
const GRACE_MS = 500;

/**
 * Runs `work`, which stops a little before the deadline and is aborted at it. After the caller's `signal` it has as
 * long as after the stop. Leaves no timer.
 */
export async function withDeadline<T>(
  { deadlineMs, signal }: CallLimit,
  work: (signals: CallSignals) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const abort = new AbortController();
  // Every post under way listens; Node takes more than ten for a leak, and says so in the log.
  setMaxListeners(0, stop.signal, abort.signal);
  const drainMs = Math.min(MAX_DRAIN_MS, deadlineMs * DRAIN_SHARE);
  const timers: (NodeJS.Timeout | undefined)[] = [
    timer(deadlineMs - drainMs, () => stop.abort()),
    timer(deadlineMs, () => abort.abort()),
  ];
  // The caller's may be shared by any number of calls.
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
  const onSignal = (): void => {
    stop.abort();
    timers.push(timer(drainMs, () => abort.abort()));
  };
  signal?.addEventListener("abort", onSignal, { once: true });
  if (signal?.aborted === true) onSignal();
  if (deadlineMs <= 0) stop.abort();
  try {
    return await work({ stop: stop.signal, abort: abort.signal });
  } finally {
    for (const each of timers) clearTimeout(each);
    signal?.removeEventListener("abort", onSignal);
  }
}

/**
 * Waits for what a call asks of the store, and a little beyond the time when it is given up: usually that ends at once.
 * Then it rejects, even when `work` goes on.
 */
export async function inTime<T>(
  from: string,
  abort: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    grace = timer(GRACE_MS, () => over.abort());
  };
  abort.addEventListener("abort", onAbort, { once: true });
  if (abort.aborted) onAbort();
  try {
    return await withTimeout({ timeoutMs: MAX_TIMER_MS, signal: over.signal, from }, work);
  } finally {
    clearTimeout(grace);
    abort.removeEventListener("abort", onAbort);
  }
}

/** Throttled writes are tried for some 3 seconds; most of them are through by then. */
const NOTE_TIMEOUT_MS = 2_000;

/**
 * Waits for a note that the store takes behind the work, which the deadline does not hold up: without an answer, for two
 * seconds. Then it rejects; the note may be taken nevertheless.
 */
export function noteInTime<T>(work: () => Promise<T>): Promise<T> {
  const { signal } = new AbortController();
  return withTimeout({ timeoutMs: NOTE_TIMEOUT_MS, signal, from: "the store" }, work);
}

function timer(delayMs: number, end: () => void): NodeJS.Timeout | undefined {
  return Number.isFinite(delayMs) ? setTimeout(end, Math.min(delayMs, MAX_TIMER_MS)) : undefined;
}
