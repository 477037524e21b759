import type { AnyTRPCProcedure } from "@trpc/server";
import type { RouteTypes, RouteTypesOf } from "../subscriptions/brand.ts";
import type {
  AnyFilter,
  FieldValue,
  FiltersAt,
  JoinPath,
  RouteKey,
} from "../subscriptions/routes.ts";
import type { HistoryRoute } from "./historyTypes.ts";

/**
 * What became of a publish. One subscriber that cannot be reached never makes it reject.
 *
 * `matched` counts each subscription once, however many of the given filters address it, and is the sum of
 * `delivered`, `gone`, `failed` and those `onData` dropped.
 *
 * @category Publisher
 */
export interface PublishReport {
  /** Subscriptions that were addressed. With `complete: false`: that were found before the deadline. */
  readonly matched: number;
  /** Subscriptions whose frame API Gateway accepted. That the client received it is not known. */
  readonly delivered: number;
  /** Subscriptions whose connection no longer exists; their rows were removed. */
  readonly gone: number;
  /** Subscriptions that were not reached for any other reason, after retries; `onError` was told of each. */
  readonly failed: number;
  /**
   * `false` when the deadline, the `signal` or a failing read cut the fan-out: there may be subscribers that were not
   * tried, and nobody will but you. Posts that were under way and had no answer in time count as `failed`.
   */
  readonly complete: boolean;
  /**
   * With `complete: false`: give it to `publisher.resume`, in this process or in another one, to reach those who were
   * not. A report counts its own part; together they count each subscription once. Signed, so that it may travel; not
   * encrypted: it holds the event. Usable for 2 h 15 min, after which nobody is left. Absent when it could not be made,
   * which `onError` was told.
   */
  readonly cursor?: string;
  /** With a `fanOut` queue: a part of the audience, counted in no number here, is left to the queue's workers. */
  readonly queued?: true;
}

/**
 * What a worker of a queue did with one message: a part of the audience of one publish.
 *
 * @category Publisher
 */
export interface FanOutReport
  extends Pick<PublishReport, "matched" | "delivered" | "gone" | "failed"> {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** The same for all parts of one publish. */
  readonly fanOutId: string;
  /** Names the part. */
  readonly part: string;
  /**
   * Those of `matched` who may have got the event before, because a worker died with this part, or did not end in
   * time. Usually 0.
   */
  readonly duplicates: number;
}

/**
 * How long a call may take.
 *
 * @category Publisher
 */
export interface ResumeOptions {
  /**
   * Time this call may take, in milliseconds. What was not reached by then is in the report's `cursor`. In a Lambda:
   * `context.getRemainingTimeInMillis() - 1_000`, which leaves time to make the cursor. 0 or less posts nothing; `Infinity` means no limit.
   *
   * @defaultValue the publisher's `deadlineMs`
   */
  readonly deadlineMs?: number;
  /** Ends the call before its deadline. It resolves all the same, with a `cursor` for the rest. */
  readonly signal?: AbortSignal;
}

/** One filter, or several whose audiences are united. `[]` addresses nobody. */
export type OneOrMore<TFilter> = TFilter | readonly TFilter[];

/**
 * What is published to whom.
 *
 * @category Publisher
 */
export interface PublishOptions<TPublished, TFilter> extends ResumeOptions {
  /**
   * The event. For `resolver<T>()` a `T`, for `resolver(schema)` what the schema accepts, for
   * `resolver<TrackedEnvelope<T>>()` the value of `tracked(id, data)`.
   */
  readonly data: TPublished;
  /**
   * Whom it is for: a filter with all its fields; one with its `ctx` alone, `input` left out; or an array of filters,
   * each subscriber once.
   *
   * Left out it is for every subscriber of the route. `undefined` is refused: it never widens the audience.
   */
  readonly filter?: OneOrMore<TFilter>;
}

/** Fields of a filter with their values. */
export type FilterFieldValues<T, TKeys extends string> = {
  readonly [K in TKeys]: FieldValue<T, K>;
};

/**
 * A declared filter as publishers write it, optional fields included. With ctx and input fields, `input` may be left out: every subscriber with
 * these ctx values.
 */
export type FilterArgument<
  TFilter extends AnyFilter,
  TRoute extends RouteTypes,
> = TFilter extends AnyFilter
  ? [TFilter["ctx"]] extends [never]
    ? [TFilter["input"]] extends [never]
      ? { readonly name: TFilter["name"] }
      : {
          readonly name: TFilter["name"];
          readonly input: FilterFieldValues<TRoute["input"], TFilter["input"]>;
        }
    : [TFilter["input"]] extends [never]
      ? {
          readonly name: TFilter["name"];
          readonly ctx: FilterFieldValues<TRoute["ctx"], TFilter["ctx"]>;
        }
      : {
          readonly name: TFilter["name"];
          readonly ctx: FilterFieldValues<TRoute["ctx"], TFilter["ctx"]>;
          readonly input?: FilterFieldValues<TRoute["input"], TFilter["input"]>;
        }
  : never;

/**
 * The verbs of one route. Each may be taken off its route (`const { publish } = publisher.routes.a`) and called any
 * number of times, concurrently too.
 *
 * @category Publisher
 */
export interface PublishRoute<TPublished, TFilter> {
  /**
   * Sends an event.
   *
   * @throws {@link InvalidDataError} when the resolver's schema refuses `data`, or it cannot be serialised
   * @throws {@link PayloadTooLargeError} when the frame would exceed 128 KB
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields
   * @throws {@link InvalidOptionError} for a `deadlineMs` or `signal` that is none
   */
  publish(options: PublishOptions<TPublished, TFilter>): Promise<PublishReport>;

  /** Ends every subscription of the route: clients see `onComplete` and do not subscribe again. */
  complete(): Promise<PublishReport>;
  /**
   * Ends the addressed subscriptions: clients see `onComplete` and do not subscribe again. One that left an optional
   * field out goes on: it hears other values too.
   *
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields
   */
  complete(filter: OneOrMore<TFilter>): Promise<PublishReport>;

  /** Number of live subscriptions of the route. Connections lost without a `$disconnect` count until they expire. */
  count(): Promise<number>;
  /**
   * Number of live subscriptions that are addressed, each once.
   *
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields
   */
  count(filter: OneOrMore<TFilter>): Promise<number>;

  /**
   * Closes the whole connections of the addressed subscriptions, to revoke access; the report counts connections. Stock
   * clients connect again at once: `$connect` decides whether they may.
   *
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields
   */
  disconnect(filter: OneOrMore<TFilter>): Promise<PublishReport>;
}

/**
 * The routes of a router record with their verbs: only subscriptions made by `resolver()`, nested routers by property.
 *
 * @category Publisher
 */
export type PublishRoutes<TRecord, TPath extends string, TFilters extends AnyFilter> = {
  readonly [K in RouteKey<TRecord>]: TRecord[K] extends AnyTRPCProcedure
    ? RouteOf<
        RouteTypesOf<TRecord[K]>,
        FilterArgument<FiltersAt<TFilters, JoinPath<TPath, K>>, RouteTypesOf<TRecord[K]>>
      >
    : PublishRoutes<TRecord[K], JoinPath<TPath, K>, TFilters>;
};

/** The verbs of a route, by whether its events are kept. */
export type RouteOf<TRoute extends RouteTypes, TFilter> = TRoute["history"] extends true
  ? HistoryRoute<TRoute["published"], TFilter>
  : PublishRoute<TRoute["published"], TFilter>;
