import { TransportError } from "../errors.ts";
import { noteThrottled } from "../events/observer.ts";
import { MAX_TIMER_MS } from "../protocol/limits.ts";
import { PostTimeouts } from "./postTimeouts.ts";
import type { Transport } from "./transport.ts";

/** How hard one frame is tried. */
export interface DeliveryPolicy {
  /** Tries for one frame, the first included. */
  readonly maxAttempts: number;
  /** Time for one try; a hanging post is aborted then. */
  readonly postTimeoutMs: number;
}

/**
 * API Gateway answers 429 both for the account's rate and for one slow client, and asks for neither in vain: three
 * tries within about half a second, then the subscriber counts as failed, so that one slow client holds a place in the
 * pool for no longer.
 */
export const defaultDeliveryPolicy: DeliveryPolicy = { maxAttempts: 3, postTimeoutMs: 3_000 };

/** Longest pause before the second try; doubles with each further one. */
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2_000;

/** What became of one frame. */
export type Delivery =
  | { readonly status: "delivered" }
  /** The connection is closed. */
  | { readonly status: "gone" }
  | { readonly status: "failed"; readonly error: Error };

/** One frame for one connection. */
export interface Outgoing {
  readonly connectionId: string;
  readonly frame: string;
}

/**
 * Sends one frame, trying again after 429, 5xx, network faults and timeouts until the policy or `signal` ends it. Never
 * rejects. A try whose answer was lost is repeated, so a frame may arrive twice.
 */
export async function deliver(
  transport: Transport,
  outgoing: Outgoing,
  options: DeliveryPolicy & { readonly signal: AbortSignal },
): Promise<Delivery> {
  const { connectionId, frame } = outgoing;
  const post = (signal: AbortSignal): Promise<void> =>
    transport.post(connectionId, frame, { signal });
  for (let attempt = 1; ; attempt++) {
    const failure = await tryInTime(post, options);
    if (failure === undefined) return { status: "delivered" };
    if (failure.failure === "gone") return { status: "gone" };
    if (failure.failure === "throttled") noteThrottled("managementApi");
    const worthAnother = failure.failure === "throttled" || failure.failure === "transient";
    if (!worthAnother || attempt >= options.maxAttempts) {
      return { status: "failed", error: failure };
    }
    await pause(delayBefore(attempt + 1), options.signal);
    if (options.signal.aborted) return { status: "failed", error: failure };
  }
}

async function tryInTime(
  post: (signal: AbortSignal) => Promise<void>,
  { postTimeoutMs, signal }: DeliveryPolicy & { readonly signal: AbortSignal },
): Promise<TransportError | undefined> {
  const timeouts = new PostTimeouts(postTimeoutMs, signal);
  try {
    return await timeouts.run(post);
  } finally {
    timeouts.close();
  }
}

/** Time to a try, with full jitter, so that subscribers throttled together do not come back together. */
export function delayBefore(attempt: number): number {
  return Math.random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 2));
}

/** How long an answer is waited for. */
export interface TimeLimit {
  readonly timeoutMs: number;
  /** Ends the waiting early: the deadline of the whole call. */
  readonly signal: AbortSignal;
  /** Whose answer it is, for the error. */
  readonly from: string;
}

/**
 * Runs `work` with a signal that aborts at the limit. Rejects with a `transient` {@link TransportError} then, even when
 * `work` ignores its signal. Leaves no timer.
 */
export async function withTimeout<T>(
  { timeoutMs, signal, from }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  let end: (problem: string) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    end = (problem) => {
      reject(new TransportError("transient", `no answer from ${from} ${problem}`));
      own.abort();
    };
  });
  const onAbort = (): void => end("until the deadline");
  const timer = setTimeout(() => end(`within ${timeoutMs} ms`), Math.min(timeoutMs, MAX_TIMER_MS));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work(own.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Waits, but not beyond the abort of `signal`. Leaves no timer. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done, { once: true });
  });
}
