import type { RequestId } from "../protocol/requestId.ts";
import type { EventHistory } from "./eventHistory.ts";
import type { FanOutLedger } from "./fanOutLedger.ts";
import type { OutboxStore } from "./outbox.ts";
import type { Route, RouteAddress, RouteQuery, Subscriber } from "./route.ts";
import type { EpochMs, EpochSeconds } from "./time.ts";

export type * from "./eventHistory.ts";
export type { ClaimOutcome, FanOutLedger, WorkClaim } from "./fanOutLedger.ts";
export type * from "./outbox.ts";
export type * from "./route.ts";
export type { EpochMs, EpochSeconds } from "./time.ts";

/** Anything `JSON.stringify` keeps. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** One deployed WebSocket API. Connections of another one are never posted to. */
export interface ApiReference {
  /** For example `a1b2c3d4e5`. */
  readonly apiId: string;
  /** For example `prod`. */
  readonly stage: string;
}

/** What `$connect` stores. */
export interface NewConnection {
  readonly connectionId: string;
  readonly api: ApiReference;
  readonly connectedAt: EpochMs;
  /** After this no row of the connection counts any more. */
  readonly expireAt: EpochSeconds;
  /** What `authorize` returned, as JSON text; absent without `authorize`. */
  readonly session?: string;
  /** The client announced tRPC `connectionParams`; requests must wait for them. */
  readonly paramsExpected: boolean;
  /** The client can be moved to another socket without a gap. */
  readonly handOver?: true;
}

/** A live connection. */
export interface Connection extends NewConnection {
  /** Absent until they arrived; `"invalid"` when the frame was not valid. */
  readonly connectionParams?: ConnectionParams | "invalid";
}

/** tRPC `connectionParams`; `null` when the client's callback returned null. */
export type ConnectionParams = Readonly<Record<string, string>> | null;

/** What became of a `connectionParams` frame. */
export type ParamsOutcome =
  /** Stored. */
  | "stored"
  /** They had arrived before; the first ones stay. */
  | "duplicate"
  /** The connection is closed, expired or did not announce them. */
  | "refused";

/** What a `subscription` frame stores. */
export interface NewSubscription {
  readonly id: RequestId;
  readonly jsonrpc: boolean;
  /** `requestTimeEpoch` of the frame. */
  readonly requestTimeMs: EpochMs;
  /** `messageId` of the frame and the place in it: tells a repeated invocation from a second request. */
  readonly messageId: string;
  readonly path: string;
  /** Every row a publisher may find it by. Empty for a subscription that runs inside its invocation. */
  readonly routes: readonly RouteAddress[];
  /** Number of partitions the route's rows are spread over, at least 1. */
  readonly shards: number;
  /** Text that the hooks `onData` and `onStop` need; absent without hooks. */
  readonly hookState?: string;
}

/** What became of one {@link NewSubscription}. */
export type SubscribeOutcome =
  /** Its rows are there. `repeated` when an invocation of the same frame had stored them before. */
  | { readonly status: "active"; readonly repeated?: true }
  /** Another live subscription has this id; it was left alone. */
  | { readonly status: "duplicate" }
  /** A stop or another frame of this id with the same or a later time was there first. */
  | { readonly status: "stale" }
  /** The connection is closed, expired or unknown. */
  | { readonly status: "closed" }
  /** The connection has as many subscriptions as it may. */
  | { readonly status: "limit"; readonly maxSubscriptions: number };

/** A stored subscription. */
export interface StoredSubscription {
  readonly connectionId: string;
  readonly id: RequestId;
  /** Time of the frame that subscribed: tells two uses of one id apart. */
  readonly requestTimeMs: EpochMs;
  readonly path: string;
  readonly hookState?: string;
}

/** What a store can be told by the chain. */
export interface StoreLimits {
  /**
   * Live subscriptions one connection may have.
   *
   * @defaultValue 100, as AppSync allows
   */
  readonly maxSubscriptionsPerConnection?: number;
}

/**
 * Who listens to what, between two invocations. Every method may be called at the same time as every other, by any
 * number of processes, and again after a crash; what must hold then is in ARCHITECTURE.md and in `storeContract`.
 *
 * Rows whose `expireAt` has passed count as absent everywhere.
 *
 * @category Store
 */
export interface Store {
  /** Stores an open connection, unless a row of it exists: a `$disconnect` that came first wins. */
  connect(connection: NewConnection): Promise<void>;

  /** The live connection, read strongly consistent; `undefined` when closed, expired or unknown. */
  getConnection(connectionId: string): Promise<Connection | undefined>;

  /** Keeps the first `connectionParams` of an open connection that announced them. */
  setConnectionParams(
    connectionId: string,
    params: ConnectionParams | "invalid",
  ): Promise<ParamsOutcome>;

  /**
   * Tells once whether an open connection's client is to be moved to another socket: of several calls one says `true`,
   * and none for a client that cannot be moved.
   */
  takeHandOver(connectionId: string): Promise<boolean>;

  /**
   * Stores the subscriptions of one frame, each with all its rows or none; outcomes in the order given.
   */
  subscribe(
    connection: Connection,
    subscriptions: readonly NewSubscription[],
  ): Promise<readonly SubscribeOutcome[]>;

  /**
   * Ends a subscription, and any of this id whose frame is not newer and has not been stored yet.
   *
   * @returns what was live until now, or `undefined`
   */
  stop(request: StopRequest): Promise<StoredSubscription | undefined>;

  /** The live subscriptions among those asked for, in any order, read strongly consistent. */
  getSubscriptions(
    subscribers: readonly Pick<Subscriber, "connectionId" | "id">[],
  ): Promise<readonly StoredSubscription[]>;

  /**
   * Closes a connection for ever and removes every route of it. A second call removes what the first left.
   *
   * @returns the subscriptions that were live, for their `onStop`; a repeated call may return them again
   */
  disconnect(connectionId: string): Promise<readonly StoredSubscription[]>;

  /**
   * The live rows of a route, page by page, strongly consistent: a subscription stored before the call is among them.
   * The first page is small, so that posting can begin; a page is read when it is asked for, and none is empty. Several
   * shards are read side by side. Within one shard rows come in the order of their sort keys' bytes.
   *
   * @throws RangeError - the iterator rejects with it when `shard` or `after` do not belong to the query
   */
  findRoutes(query: RouteQuery): AsyncIterable<readonly Route[]>;

  /**
   * Does what `disconnect` does for many connections that a publish found closed, in few calls. `routes` are rows of
   * theirs, one or more each; these are removed whatever else is stored.
   *
   * @returns the subscriptions that were live, for their `onStop`; a repeated call may return them again
   */
  disconnectAll(routes: readonly Route[]): Promise<readonly StoredSubscription[]>;

  /**
   * Secret text for signing what leaves and comes back, made at random when it is first asked for. The same for every
   * process on these rows.
   */
  signingKey(): Promise<string>;

  readonly fanOuts: FanOutLedger;

  readonly history: EventHistory;

  /** Absent where nothing tells of changes. */
  readonly outbox?: OutboxStore;
}

/** A `subscription.stop` frame, or our own decision to end a subscription. */
export interface StopRequest {
  readonly connectionId: string;
  readonly id: RequestId;
  /** `requestTimeEpoch` of the stop frame. */
  readonly requestTimeMs: EpochMs;
}
