import {
  anything,
  callback,
  checkOptions,
  guard,
  type OptionChecks,
  optional,
  shown,
} from "../errors/checkOptions.ts";
import { BuilderError } from "../errors.ts";
import type { HistoryOptions } from "./history.ts";

const DROP = "trpc-aws-subscriptions.drop";

/** Type of {@link drop}. Not `unique symbol`: that becomes `symbol` where an async function returns it. */
export type Drop = symbol & { readonly description: typeof DROP };

/**
 * Returned by `onData` to send this event to this subscriber not at all.
 *
 * @category Resolver
 */
export const drop: Drop = Symbol.for(DROP) as Drop;

/** What `onStart` is called with. */
export interface OnStartOptions<TInput = unknown, TCtx = unknown> {
  /** The procedure's parsed input. */
  readonly input: TInput;
  /** The whole context after middleware: the hook runs in the invocation that subscribes. */
  readonly ctx: TCtx;
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly connectionId: string;
  /** Aborts shortly before the invocation's deadline. */
  readonly signal: AbortSignal;
  /**
   * The client was away and has been sent what it missed, from the history or by `onGap`: a snapshot is not needed.
   * `false` without `history`.
   */
  readonly resumed: boolean;
}

/** What `onGap` is called with. */
export interface OnGapOptions<TInput = unknown, TCtx = unknown>
  extends Omit<OnStartOptions<TInput, TCtx>, "resumed"> {
  /** The last event that the client has seen. */
  readonly lastEventId: string;
}

/** What `onData` is called with. */
export interface OnDataOptions<TData = unknown, TInput = unknown, TNamedCtx = unknown> {
  /** What was published, after the schema if there is one. The same object for every subscriber: do not change it. */
  readonly data: TData;
  /** The input this subscriber subscribed with, parsed. */
  readonly input: TInput;
  /** The fields of the subscriber's context that the hooks' `ctx` names, as they were when it subscribed. */
  readonly ctx: TNamedCtx;
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly connectionId: string;
  /** Return it to send nothing to this subscriber. */
  readonly drop: Drop;
}

/** What `onStop` is called with. */
export interface OnStopOptions<TInput = unknown, TNamedCtx = unknown> {
  /** The input this subscriber subscribed with, parsed. */
  readonly input: TInput;
  /** The fields of the subscriber's context that the hooks' `ctx` names, as they were when it subscribed. */
  readonly ctx: TNamedCtx;
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly connectionId: string;
}

/** The named fields of a context, which is what is stored of it. */
export type NamedCtx<TCtx, TNamed extends string> = {
  readonly [K in TNamed]: K extends keyof TCtx ? TCtx[K] : never;
};

/** Hooks of a route with history. */
export interface WithHistory {
  readonly history: HistoryOptions;
}

/** Nothing that runs for a subscriber by itself. */
export interface WithoutHooks<TData = unknown> {
  /** See {@link RouteHooks.shards}. */
  readonly shards?: number;
  readonly ctx?: never;
  readonly onStart?: NoHook<RouteHooks<TData>["onStart"]>;
  readonly onGap?: NoHook<RouteHooks<TData>["onGap"]>;
  readonly onData?: NoHook<RouteHooks<TData>["onData"]>;
  readonly onStop?: NoHook<RouteHooks<TData>["onStop"]>;
}

/** History alone: engines of brokers serve it, if they have a store. */
export interface OnlyHistory<TData = unknown> extends WithHistory, WithoutHooks<TData> {}

/** Shards alone, or no option at all: every engine serves it. */
export interface OnlyShards<TData = unknown> extends WithoutHooks<TData> {
  readonly history?: never;
}

/**
 * No function is one. Not `never`, since a hook in a spread is given the types of its parameters by the first signature
 * that is tried.
 */
export type NoHook<THook> = THook & { readonly "options without hooks": never };

/** Hooks of a route without. */
export interface WithoutHistory {
  readonly history?: never;
  readonly onGap?: never;
}

/** Holds `ctx` of the hooks to what their type says is named: not left out, and nothing for nothing. */
export type NamesExactly<TNamed extends string> = [TNamed] extends [never]
  ? { readonly ctx?: never }
  : { readonly ctx: object };

/**
 * Code that runs per subscriber, and options of the route. With none of it nothing is executed per subscriber and
 * every event is serialised once.
 *
 * @category Resolver
 */
export interface RouteHooks<
  TData = unknown,
  TInput = unknown,
  TCtx = Readonly<Record<string, unknown>>,
  TNamed extends string = string,
> {
  /**
   * Fields of the context that `onData` and `onStop` need. They are stored with the subscription, so they have to
   * survive the router's transformer; nothing else of the context is ever stored.
   *
   * @defaultValue none
   */
  readonly ctx?: { readonly [K in TNamed]: K extends keyof TCtx ? true : never };

  /**
   * Runs in the invocation that subscribes, after the subscription was stored. What an iterable yields is sent to this
   * subscriber alone, before any live data; a throw ends the subscription with an error.
   */
  onStart?(options: OnStartOptions<TInput, TCtx>): Promise<void> | AsyncIterable<TData>;

  /**
   * Keeps events for clients that were away: they are sent what they missed when they subscribe again with their
   * `lastEventId`, as stock clients do. Clients get `{ id, data }`, the form of tRPC's `tracked()`. Costs 1 WCU for each
   * kilobyte of a publish.
   *
   * @defaultValue none: what is published while a client is away is lost to it
   */
  readonly history?: HistoryOptions;

  /**
   * Runs instead of a replay when a client was away for longer than events are kept, or missed more than it may be sent.
   * What an iterable yields is sent to this subscriber alone, before any live data; a throw ends the subscription with
   * an error. For routes with `history`.
   *
   * @defaultValue the subscription ends with the error PRECONDITION_FAILED, whose `data.cause` is `RESUME_GAP`
   */
  onGap?(options: OnGapOptions<TInput, TCtx>): Promise<void> | AsyncIterable<TData>;

  /**
   * Runs at every publish for every subscriber it addresses; returns what this one is sent, or `drop`. A throw counts
   * as `failed` in the report and leaves the others alone; with `history` this subscriber is not sent the event later either.
   * Costs a read per subscriber and publish.
   *
   * @defaultValue everybody is sent every event as it is. Leave it out for that: `undefined` is refused
   */
  onData?(
    options: OnDataOptions<TData, TInput, NamedCtx<TCtx, TNamed>>,
  ): TData | Drop | Promise<TData | Drop>;

  /**
   * Runs once the subscription is no longer stored: stopped by the client, completed by the server, or its connection
   * closed. At least once, seldom twice; not at all when its rows expire without a `$disconnect`. Handlers wait for it until
   * the invocation's end, publishers for their `postTimeoutMs`; one that takes longer is reported as failed.
   */
  onStop?(options: OnStopOptions<TInput, NamedCtx<TCtx, TNamed>>): Promise<void>;

  /**
   * Number of partitions the route's rows are spread over, at least 1. One partition of DynamoDB takes 1,000 writes and
   * 3,000 reads a second
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html); every publish
   * queries all shards.
   *
   * Raising it while clients are connected is safe. Lowering it is not: subscribers in the dropped shards hear nothing
   * until they reconnect, at most 2 h 15 min later.
   *
   * Only a store has them: brokers know who listens to a topic, so with `iot({ … })` or `appsync({ … })` the number does
   * nothing, but with direct delivery.
   *
   * @defaultValue 1
   */
  readonly shards?: number;
}

const OPTIONS: OptionChecks<RouteHooks> = {
  onStart: callback,
  onGap: callback,
  // It may be what keeps an event from somebody.
  onData: guard(callback, "everybody is sent every event as it is"),
  onStop: callback,
  ctx: anything,
  shards: optional((value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= 1
      ? undefined
      : `is ${shown(value)}. It is a whole number, at least 1`,
  ),
  history: anything,
};

/**
 * Checks hooks for callers without types; fields of `ctx` that are not `true` are left out.
 *
 * @throws {@link BuilderError} for an unknown option, a hook that is no function, `shards` below 1 or not whole
 */
export function checkedHooks(hooks: RouteHooks): RouteHooks {
  checkOptions("resolver()", hooks, OPTIONS);
  const { ctx, history } = hooks;
  if (history === undefined && hooks.onGap !== undefined) {
    throw new BuilderError("resolver(): onGap needs history; without it there is nothing to miss.");
  }
  if (ctx === undefined) return hooks;
  return {
    ...hooks,
    ctx: Object.fromEntries(namedFields("resolver()", ctx).map((f) => [f, true])),
  };
}

/**
 * The fields of a `{ field: true }` record. `false` and `undefined`, which the types refuse, name nothing.
 *
 * @throws {@link BuilderError} for a record that is no object, or any other value in it
 */
function namedFields(place: string, record: unknown): readonly string[] {
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new BuilderError(`${place}: expected an object such as { userId: true }.`);
  }
  return Object.entries(record).flatMap(([field, value]: [string, unknown]) => {
    if (value === true) return [field];
    if (value === false || value === undefined) return [];
    throw new BuilderError(`${place}: "${field}" is a ${typeof value}. The only value is true.`);
  });
}
