import { BuilderError } from "../errors.ts";
import type { Observer } from "../events/observer.ts";
import { codeOf, type Tell, teller } from "../events/teller.ts";
import type { ReportingStep } from "../events/types.ts";
import { EventIds } from "../protocol/eventId.ts";
import type { ApiReference } from "../store/types.ts";
import type { App } from "../subscriptions/app.ts";
import { type DeliveryPolicy, defaultDeliveryPolicy } from "./deliver.ts";
import { callErrorHandler } from "./errorHandler.ts";
import { Gate } from "./gate.ts";
import { PoolWidth } from "./poolWidth.ts";
import type { FanOutQueue } from "./queue.ts";
import { TokenBucket } from "./tokenBucket.ts";
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
   * Posts under way at once, at least 1, in all calls of this publisher together.
   *
   * @defaultValue adaptive: from 64, as many more (up to 256) as make no post slower, fewer (down to 16) while more
   * than one in ten is refused or they get slow
   */
  readonly concurrency?: number;
  /**
   * Posts per second of this publisher, in all its calls together; a tenth of it may go at once. An account's WebSocket,
   * HTTP and REST APIs share 10,000 requests per second by default, in some regions 2,500, and posts count.
   *
   * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
   * @defaultValue no limit; refused posts are tried again, and all wait while most are refused
   */
  readonly postsPerSecond?: number;
  /**
   * Time one call may take, in milliseconds; `publish` may be given another. The last tenth of it, at most a second, is
   * kept for posts under way to end. What was not reached by then makes the report `complete: false`. A table that
   * hangs is waited for half a second more. `Infinity` means no limit.
   *
   * @defaultValue 25,000: within the 29 s a WebSocket API waits for its handler
   */
  readonly deadlineMs?: number;
  /**
   * Time for one post, in milliseconds; a hanging one is aborted then and tried again. Also for `onData` of one
   * subscriber, who counts as failed then, and for `onStop` of one, which is reported and not waited for any longer.
   *
   * @defaultValue 3,000
   */
  readonly postTimeoutMs?: number;
  /**
   * Tries for one subscriber after 429, 5xx, network faults and timeouts, the first included. While many connections
   * are refused at once the account's rate is used up, which is nobody's fault: then each is tried until the deadline,
   * and left to the `cursor` or the queue.
   *
   * @defaultValue 3
   */
  readonly maxAttempts?: number;
  /**
   * A queue for audiences too large for one process, for example `sqs({ queueUrl })` of `trpc-aws-subscriptions/sqs`;
   * `fanOutHandler()` is its consumer.
   *
   * @defaultValue none: a call posts to everybody itself
   */
  readonly fanOut?: FanOutQueue<never, unknown>;
  /** Called for every subscriber that could not be reached, and for failed clean-up. What it throws is dropped. */
  readonly onError?: PublisherErrorHandler;
}

/** What every verb of a publisher works with. */
export interface PublisherContext extends DeliveryPolicy {
  readonly app: App;
  readonly transport: Transport;
  /** Rows of other APIs are skipped; `undefined` where the endpoint does not tell which API it is. */
  readonly api: ApiReference | undefined;
  /** One for all calls. */
  readonly gate: Gate;
  /** Of events that are kept. */
  readonly eventIds: EventIds;
  readonly deadlineMs: number;
  readonly queue: FanOutQueue | undefined;
  readonly step: ReportingStep;
  /** Absent when nobody listens to events. */
  readonly tell?: Tell | undefined;
  /** Of the call that this context is for; absent when nobody listens. */
  readonly observer?: Observer;
  readonly report: (
    error: unknown,
    at: { readonly path?: string; readonly connectionId?: string },
  ) => void;
}

const DEFAULTS = {
  postsPerSecond: Number.POSITIVE_INFINITY,
  deadlineMs: 25_000,
  ...defaultDeliveryPolicy,
};

/** One in a hundred seconds; below it a publish would never end. */
const LEAST_POSTS_PER_SECOND = 0.01;

/**
 * Fills in the defaults.
 *
 * @throws {@link BuilderError} for an option that is no number; `NaN` would mean no limit at all
 */
export function publisherContext(
  {
    step = "publisher",
    ...parts
  }: Pick<PublisherContext, "app" | "transport" | "api"> & { readonly step?: ReportingStep },
  options: FanOutOptions,
): PublisherContext {
  const number = (name: keyof typeof DEFAULTS, least: number): number =>
    Math.max(least, checkNumber(name, options[name] ?? DEFAULTS[name]));
  const pinned =
    options.concurrency === undefined
      ? undefined
      : Math.max(1, checkNumber("concurrency", options.concurrency));
  const postsPerSecond = number("postsPerSecond", LEAST_POSTS_PER_SECOND);
  const { onError } = options;
  const hand = (error: Error, at: Parameters<PublisherContext["report"]>[1]): void =>
    callErrorHandler(onError, { error, ...at });
  const tell = teller(parts.app.onEvent, onError && ((thrown) => hand(toError(thrown), {})));
  return {
    ...parts,
    step,
    tell,
    eventIds: new EventIds(() => Date.now()),
    gate: new Gate(new PoolWidth(pinned), new TokenBucket(postsPerSecond, performance.now())),
    deadlineMs: number("deadlineMs", 0),
    postTimeoutMs: number("postTimeoutMs", 0),
    maxAttempts: number("maxAttempts", 1),
    queue: options.fanOut,
    report(cause, at) {
      const error = toError(cause);
      hand(error, at);
      tell?.({ type: "failed", step, error, code: codeOf(error), ...at });
    },
  };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function checkNumber(name: string, value: unknown): number {
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new BuilderError(`publisher(): ${name} is ${String(value)}, not a number.`);
}
