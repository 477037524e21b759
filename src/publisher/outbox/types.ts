import type { AnyTRPCProcedure } from "@trpc/server";
import type { TransactItem } from "../../store/types.ts";
import type { RouteTypes, RouteTypesOf } from "../../subscriptions/brand.ts";
import type { AnyFilter, FiltersAt, JoinPath, RouteKey } from "../../subscriptions/routes.ts";
import type { HistoryPublishOptions } from "../historyTypes.ts";
import type { FilterArgument } from "../types.ts";

/**
 * What is written to the outbox, and whom it is for.
 *
 * @category Publisher
 */
export interface OutboxPublishOptions<TPublished, TFilter>
  extends Pick<HistoryPublishOptions<TPublished, TFilter>, "data" | "filter" | "key"> {
  /** Ends the waiting for the table. */
  readonly signal?: AbortSignal;
}

/**
 * An event in the outbox.
 *
 * @category Publisher
 */
export interface OutboxReceipt {
  /** Id of the event, the `id` that clients get. */
  readonly eventId: string;
  /** An event with this `key` had been written before; `eventId` is its. */
  readonly repeated?: true;
}

/**
 * The verbs of a route with history in the outbox.
 *
 * @category Publisher
 */
export interface OutboxRoute<TPublished, TFilter> {
  /**
   * Writes an event for the handler of the table's stream to post. Once this resolves it reaches everybody whom it is
   * for, whatever becomes of this process.
   *
   * @throws {@link InvalidDataError} when the resolver's schema refuses `data`, or it cannot be serialised
   * @throws {@link PayloadTooLargeError} when the frame would exceed 128 KB
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields, or a union of
   * more than 99
   * @throws {@link InvalidOptionError} for a `signal` or `key` that is none, and for a `key` of another event
   * @throws {@link TransportError} when the table does not answer
   */
  publish(options: OutboxPublishOptions<TPublished, TFilter>): Promise<OutboxReceipt>;

  /**
   * The same as writes for a transaction of your own, by `TransactWriteCommand` of `@aws-sdk/lib-dynamodb`: the event is
   * published if and only if the transaction succeeds. One that has been written with the same `key` makes it fail.
   *
   * @throws the errors of `publish` but for those of the table; {@link BuilderError} for a store without streams
   */
  transactItems(
    options: Omit<OutboxPublishOptions<TPublished, TFilter>, "signal">,
  ): Promise<{ readonly eventId: string; readonly items: TransactItem[] }>;
}

/**
 * The routes of a router record that have an outbox: those with history, nested routers by property.
 *
 * @category Publisher
 */
export type OutboxRoutes<TRecord, TPath extends string, TFilters extends AnyFilter> = {
  readonly [K in RouteKey<TRecord>]: TRecord[K] extends AnyTRPCProcedure
    ? OutboxRouteOf<
        RouteTypesOf<TRecord[K]>,
        FilterArgument<FiltersAt<TFilters, JoinPath<TPath, K>>, RouteTypesOf<TRecord[K]>>
      >
    : OutboxRoutes<TRecord[K], JoinPath<TPath, K>, TFilters>;
};

/** The verbs of a route in the outbox; a sentence for one without history. */
export type OutboxRouteOf<TRoute extends RouteTypes, TFilter> = TRoute["history"] extends true
  ? OutboxRoute<TRoute["published"], TFilter>
  : "this route's resolver has no history, which an outbox needs";

/**
 * What the stream's handler did with one event.
 *
 * @category Publisher
 */
export interface OutboxReport {
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly eventId: string;
  /** Subscriptions that were addressed. */
  readonly matched: number;
  /** Subscriptions whose frame API Gateway accepted. */
  readonly delivered: number;
  /** Subscriptions whose connection no longer exists; their rows were removed. */
  readonly gone: number;
  /** Subscriptions that could not be posted to, and whose connections were closed for it; or for which `onData` threw. */
  readonly failed: number;
}
