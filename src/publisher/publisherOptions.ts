import { setMaxListeners } from "node:events";
import { BuilderError } from "../errors.ts";
import { MAX_TIMER_MS } from "../protocol/limits.ts";
import type { ApiReference } from "../store/types.ts";
import type { App } from "../subscriptions/app.ts";
import { type DeliveryPolicy, defaultDeliveryPolicy } from "./deliver.ts";
import { callErrorHandler } from "./errorHandler.ts";
import type { Transport } from "./transport.ts";

/** Told of what a publish could not do for one subscriber, and of a suspected wrong endpoint. */
export type PublisherErrorHandler = (failure: {
  readonly error: Error;
  /** Dotted path of the procedure, where there is one. */
  readonly path?: string;
  readonly connectionId?: string;
}) => void;

/**
 * How a publisher works; the same for every engine that posts to each subscriber.
 *
 * @category Publisher
 */
export interface FanOutOptions {
  /**
   * Posts under way at once, at least 1.
   *
   * @defaultValue 64
   */
  readonly concurrency?: number;
  /**
   * Time one call may take, in milliseconds. What was not reached by then makes the report `complete: false`.
   * `Infinity` means no limit.
   *
   * @defaultValue 25,000: within the 29 s a WebSocket API waits for its handler
   */
  readonly deadlineMs?: number;
  /**
   * Time for one post, in milliseconds; a hanging one is aborted then and tried again. Also for `onData` of one
   * subscriber, who counts as failed then.
   *
   * @defaultValue 3,000
   */
  readonly postTimeoutMs?: number;
  /**
   * Tries for one subscriber after 429, 5xx, network faults and timeouts, the first included.
   *
   * @defaultValue 3
   */
  readonly maxAttempts?: number;
  /** Called for every subscriber that could not be reached, and for failed clean-up. What it throws is dropped. */
  readonly onError?: PublisherErrorHandler;
}

/** What every verb of a publisher works with. */
export interface PublisherContext extends DeliveryPolicy {
  readonly app: App;
  readonly transport: Transport;
  /** Rows of other APIs are skipped; `undefined` where the endpoint does not tell which API it is. */
  readonly api: ApiReference | undefined;
  readonly concurrency: number;
  readonly deadlineMs: number;
  readonly report: (
    error: unknown,
    at: { readonly path?: string; readonly connectionId?: string },
  ) => void;
}

const DEFAULTS = { concurrency: 64, deadlineMs: 25_000, ...defaultDeliveryPolicy };

/**
 * Fills in the defaults.
 *
 * @throws {@link BuilderError} for an option that is no number; `NaN` would mean no limit at all
 */
export function publisherContext(
  parts: Pick<PublisherContext, "app" | "transport" | "api">,
  options: FanOutOptions,
): PublisherContext {
  const number = (name: keyof typeof DEFAULTS, least: number): number => {
    const value: unknown = options[name] ?? DEFAULTS[name];
    if (typeof value === "number" && !Number.isNaN(value)) return Math.max(least, value);
    throw new BuilderError(`publisher(): ${name} is ${String(value)}, not a number.`);
  };
  return {
    ...parts,
    concurrency: number("concurrency", 1),
    deadlineMs: number("deadlineMs", 0),
    postTimeoutMs: number("postTimeoutMs", 0),
    maxAttempts: number("maxAttempts", 1),
    report(cause, at) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      callErrorHandler(options.onError, { error, ...at });
    },
  };
}

/** Runs `work` with a signal that aborts at the deadline. Leaves no timer. */
export async function withDeadline<T>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // Every post under way listens; Node takes more than ten for a leak, and says so in the log.
  setMaxListeners(0, controller.signal);
  const timer = Number.isFinite(deadlineMs)
    ? setTimeout(() => controller.abort(), Math.min(deadlineMs, MAX_TIMER_MS))
    : undefined;
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
