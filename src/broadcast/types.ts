import type {
  AnyTRPCProcedure,
  AnyTRPCRouter,
  inferRouterContext,
  initTRPC,
  TRPCMutationProcedure,
} from "@trpc/server";
import type { Grant, GrantRequest } from "../protocol/broadcast.ts";
import type { HistoryPublishOptions } from "../publisher/historyTypes.ts";
import type { FilterArgument, PublishOptions } from "../publisher/types.ts";
import type { RouteTypes, RouteTypesOf } from "../subscriptions/brand.ts";
import type { AnyFilter, FiltersAt, JoinPath, RouteKey } from "../subscriptions/routes.ts";

/**
 * What became of a publish to a broker. How many clients listened, or got it, no broker tells.
 *
 * @category Publisher
 */
export interface BroadcastReport {
  /** Names the publish; its messages carry it. */
  readonly messageId: string;
  /** Topics that it was for: the sum of `sent` and `failed`. 0 for `filter: []`. */
  readonly topics: number;
  /** Topics whose message the broker accepted. */
  readonly sent: number;
  /** Topics that got nothing, after retries; `onError` was told of each. */
  readonly failed: number;
}

/**
 * The verb of one route. It may be taken off its route (`const { publish } = publisher.routes.a`) and called any number
 * of times, concurrently too.
 *
 * @category Publisher
 */
export interface BroadcastRoute<TPublished, TFilter> {
  /**
   * Sends an event: one message to the broker for each filter, whoever listens; 2^n where n of its fields are optional.
   *
   * @throws {@link InvalidDataError} when the resolver's schema refuses `data`, or it cannot be serialised
   * @throws {@link PayloadTooLargeError} when the message is larger than the broker takes
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields
   * @throws {@link InvalidOptionError} for a `deadlineMs` or `signal` that is none
   * @throws {@link TopicNameError} for a topic that the broker would not take
   * @throws {@link TransportError} when not one topic got it
   */
  publish(options: PublishOptions<TPublished, TFilter>): Promise<BroadcastReport>;
}

/**
 * What became of a publish on a route with history, at an engine with a store for events.
 *
 * The event is kept whatever the broker did. Nobody knows who listens, so nobody's connection is closed for a topic that
 * `failed`: its subscribers get the event when they next resume, and not before.
 *
 * @category Publisher
 */
export interface BroadcastHistoryReport extends BroadcastReport {
  /** Id of the event, the `id` that clients get. Greater as text than those that this publisher made before. */
  readonly eventId: string;
  /** An event with this `key` had been published before; `eventId` is its. */
  readonly repeated?: true;
}

/**
 * The verb of a route with history.
 *
 * @category Publisher
 */
export interface BroadcastHistoryRoute<TPublished, TFilter> {
  /**
   * Keeps an event, then sends it. The deadline is that of the call, or 5 seconds less than the history's
   * `overlapSeconds` if that is less. When it rejects nothing was sent; if the reason is the table, the event may have
   * been kept nevertheless, and clients that were away are told it: give a `key` to repeat the call.
   *
   * @throws {@link InvalidDataError} when the resolver's schema refuses `data`, or it cannot be serialised
   * @throws {@link PayloadTooLargeError} when the message is larger than the broker takes
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields, or a union of
   * more than 99
   * @throws {@link InvalidOptionError} for a `deadlineMs`, `signal` or `key` that is none, and for a `key` of another event
   * @throws {@link TopicNameError} for a topic that the broker would not take
   * @throws {@link TransportError} when the table does not answer
   */
  publish(options: HistoryPublishOptions<TPublished, TFilter>): Promise<BroadcastHistoryReport>;
}

/**
 * The routes of a router record with their verb: only subscriptions made by `resolver()`, nested routers by property.
 *
 * @category Publisher
 */
export type BroadcastRoutes<TRecord, TPath extends string, TFilters extends AnyFilter> = {
  readonly [K in RouteKey<TRecord>]: TRecord[K] extends AnyTRPCProcedure
    ? BroadcastRouteOf<
        RouteTypesOf<TRecord[K]>,
        FilterArgument<FiltersAt<TFilters, JoinPath<TPath, K>>, RouteTypesOf<TRecord[K]>>
      >
    : BroadcastRoutes<TRecord[K], JoinPath<TPath, K>, TFilters>;
};

/** The verb of a route, by whether its events are kept. */
export type BroadcastRouteOf<TRoute extends RouteTypes, TFilter> = TRoute["history"] extends true
  ? BroadcastHistoryRoute<TRoute["published"], TFilter>
  : BroadcastRoute<TRoute["published"], TFilter>;

/**
 * A typed publisher. Keep one for the life of the process.
 *
 * @category Publisher
 */
export interface BroadcastPublisher<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter> {
  /** The router's subscriptions made by `resolver()`, each with `publish`. */
  readonly routes: BroadcastRoutes<TRouter["_def"]["record"], "", TFilters>;
  /**
   * An id of now for routes with history: whoever gives it as `lastEventId` is told what was published after it, and
   * within the overlap before it. Asks nobody.
   */
  cursor(): string;
}

/** Options that publishers of all brokers have. */
export interface BroadcastPublisherOptions {
  /**
   * Time one call may take, in milliseconds; `publish` may be given another. `Infinity` means no limit.
   *
   * @defaultValue 10,000
   */
  readonly deadlineMs?: number;
  /** Called for every topic that got nothing. What it throws is dropped. */
  readonly onError?: BroadcastErrorHandler;
}

/** Told of what a publish could not do. */
export type BroadcastErrorHandler = (failure: {
  readonly error: Error;
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Name of the topic, where it is one topic's. Whoever knows it may be able to listen to it: keep it from clients. */
  readonly topic?: string;
}) => void;

/**
 * The part of `initTRPC.create()` that a grant router is made with.
 *
 * @typeParam TCtx - what procedures of the chain's router need
 */
export interface GrantRoot<TCtx> {
  readonly _config: { readonly $types: { readonly ctx: TCtx } };
  readonly procedure: unknown;
  readonly router: unknown;
}

/** The one procedure of a {@link GrantRouter}. No interface: those are no records to tRPC. */
export type GrantRecord = {
  readonly subscriptionGrant: TRPCMutationProcedure<{
    input: GrantRequest;
    output: Grant;
    meta: unknown;
  }>;
};

/** For its types alone: tRPC's name for what `router` returns is not public in 11.0. */
declare const root: ReturnType<typeof initTRPC.create>;

/** A tRPC router with the mutation `subscriptionGrant`, to be merged into the one that is served by HTTP. */
export type GrantRouter = ReturnType<typeof root.router<GrantRecord>>;

/**
 * The steps that chains of all brokers have. The interface of an adapter extends it, and adds its own: an authorizer,
 * and `publisher` with its options.
 */
export interface BroadcastHandlers<TRouter extends AnyTRPCRouter> {
  /**
   * A router with the one mutation that the clients' link asks before it subscribes. It runs the subscription's own
   * middleware and input parser, with the context of the HTTP request; what they throw is what the client is told.
   *
   * ```ts
   * const httpRouter = t.mergeRouters(appRouter, chain.grantRouter(t));
   * ```
   *
   * @param t - of `initTRPC.create()`, whose context is that of the chain's router
   * @throws {@link BuilderError} for anything else
   */
  grantRouter(t: GrantRoot<inferRouterContext<TRouter>>): GrantRouter;
}
