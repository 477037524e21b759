import type { RequestId } from "../protocol/requestId.ts";
import type { EpochMs } from "./time.ts";
import type { ApiReference } from "./types.ts";

/** Where one subscription is found by publishers: a prefix of text that ends before the subscriber. */
export interface RouteAddress {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** The filter's key text, from `filterKey`; absent for the route's every-subscriber row. */
  readonly filter?: string;
}

/** One subscriber of a route. */
export interface Subscriber {
  readonly connectionId: string;
  readonly id: RequestId;
  /** The request's `jsonrpc` member is echoed on every event. */
  readonly jsonrpc: boolean;
}

/** Primary key of a row. */
export interface RowKey {
  readonly pk: string;
  readonly sk: string;
}

/** One row a publisher found. Opaque but for its subscriber; goes back to the store. */
export interface Route {
  readonly subscriber: Subscriber;
  /** Time of the frame that subscribed; a stop with this time ends exactly this subscription. */
  readonly requestTimeMs: EpochMs;
  readonly key: RowKey;
}

/** Which rows a publisher asks for. */
export interface RouteQuery {
  readonly path: string;
  /** Filter key text, from `filterKey`; absent for every subscriber, each once. */
  readonly filter?: string;
  readonly shards: number;
  /** Reads this shard alone, 0 to `shards - 1`; absent for all of them. */
  readonly shard?: number;
  /** Only connections of this API are returned; absent where the endpoint does not tell. */
  readonly api?: ApiReference;
  /**
   * Filter key texts: subscriptions that can be found by one of them too are left out, and so are those that are not
   * live any more. Costs a read of every subscription's own row.
   */
  readonly except?: readonly string[];
  /**
   * Continues behind these rows of the query's, the last one taken of each shard; they need not exist any more. Shards
   * without one are read from their start; rows of shards that are not asked for are ignored.
   */
  readonly after?: readonly RowKey[];
  /** Ends the reading: the iterator rejects with its reason. */
  readonly signal?: AbortSignal;
}
