import { encodeRequestId } from "../protocol/requestId.ts";
import type { LastFrame } from "./lifecycle.ts";
import type {
  Connection,
  EpochMs,
  EpochSeconds,
  NewSubscription,
  RowKey,
  StoredSubscription,
} from "./types.ts";

/** Any row. */
export interface Expiring {
  readonly expireAt: EpochSeconds;
}

/** A connection, or the trace of a closed one. */
export interface ConnectionRow extends Expiring {
  /** Absent once it is closed. */
  readonly open?: Connection;
}

/** A subscription, or the trace of a stopped one. */
export interface SubscriptionRow extends Expiring, LastFrame {
  readonly routes: readonly RowKey[];
  readonly stored: StoredSubscription;
}

/** The text kept for the workers of a fan-out. */
export interface FanOutTextRow extends Expiring {
  readonly text: string;
}

/** A part of a fan-out that somebody claimed. */
export interface FanOutPartRow extends Expiring {
  readonly end: string;
  readonly leaseUntil: EpochMs;
  finished: boolean;
}

/** A kept event. */
export interface EventRow extends Expiring {
  readonly text: string;
}

/** The event that a publisher gave a key. */
export interface PublishKeyRow extends Expiring {
  readonly cursor: string;
  readonly fingerprint: string;
  finished: boolean;
}

/** Until when there was nothing for a client. */
export interface QuietRow extends Expiring {
  readonly untilMs: EpochMs;
}

/** Everything a store in memory holds. */
export interface Rows {
  readonly connections: Map<string, ConnectionRow>;
  /** By connection id, then by the id's key text. */
  readonly subscriptions: Map<string, Map<string, SubscriptionRow>>;
  /** By partition key, then by sort key. */
  readonly routes: Map<string, Map<string, Expiring>>;
  /** By the id of the publish. */
  readonly fanOutTexts: Map<string, FanOutTextRow>;
  /** By the id of the publish and the part. */
  readonly fanOutParts: Map<string, FanOutPartRow>;
  /** By partition key, then by cursor. */
  readonly events: Map<string, Map<string, EventRow>>;
  /** By partition key. */
  readonly publishKeys: Map<string, PublishKeyRow>;
  /** By the text of the key. */
  readonly quiet: Map<string, QuietRow>;
  readonly maxSubscriptions: number;
  now(): EpochMs;
  sweptAt: EpochMs;
}

/** Time between two removals of expired rows. */
const SWEEP_MS = 60_000;

/** The store before anything happened. */
export function emptyRows(options: Pick<Rows, "maxSubscriptions" | "now">): Rows {
  return {
    ...options,
    connections: new Map(),
    subscriptions: new Map(),
    routes: new Map(),
    fanOutTexts: new Map(),
    fanOutParts: new Map(),
    events: new Map(),
    publishKeys: new Map(),
    quiet: new Map(),
    sweptAt: options.now(),
  };
}

/** A time in the unit of `expireAt`. */
export function seconds(ms: EpochMs): EpochSeconds {
  return Math.floor(ms / 1000);
}

/** The row, unless it has expired. */
export function live<T extends Expiring>(rows: Rows, row: T | undefined): T | undefined {
  return row !== undefined && row.expireAt > seconds(rows.now()) ? row : undefined;
}

/** Does what DynamoDB's TTL does, so that a process that runs for days does not grow. */
export function removeExpired(rows: Rows): void {
  if (rows.now() - rows.sweptAt < SWEEP_MS) return;
  rows.sweptAt = rows.now();
  const partitions: readonly Map<string, Expiring>[] = [
    ...[rows.connections, rows.fanOutTexts, rows.fanOutParts, rows.publishKeys, rows.quiet],
    ...[...rows.subscriptions.values(), ...rows.routes.values(), ...rows.events.values()],
  ];
  for (const partition of partitions) {
    for (const [key, row] of partition) if (live(rows, row) === undefined) partition.delete(key);
  }
  for (const partitions of [rows.subscriptions, rows.routes, rows.events]) {
    for (const [key, partition] of partitions) if (partition.size === 0) partitions.delete(key);
  }
}

/** The unexpired row of a subscription. */
export function subscriptionRow(
  rows: Rows,
  connectionId: string,
  id: NewSubscription["id"],
): SubscriptionRow | undefined {
  return live(rows, rows.subscriptions.get(connectionId)?.get(encodeRequestId(id)));
}

/** Stores the row of a subscription over any other of its id. */
export function putSubscription(rows: Rows, row: SubscriptionRow): void {
  const { connectionId, id } = row.stored;
  partitionOf(rows.subscriptions, connectionId).set(encodeRequestId(id), row);
}

/** The live subscriptions of a connection. */
export function activeRows(rows: Rows, connectionId: string): readonly SubscriptionRow[] {
  const partition = rows.subscriptions.get(connectionId)?.values() ?? [];
  return [...partition].filter((row) => live(rows, row)?.state === "ACTIVE");
}

/** Stores route rows. */
export function putRoutes(rows: Rows, routes: readonly RowKey[], expireAt: EpochSeconds): void {
  for (const { pk, sk } of routes) partitionOf(rows.routes, pk).set(sk, { expireAt });
}

/** Removes route rows; those that are not there are no error. */
export function removeRoutes(rows: Rows, routes: readonly RowKey[]): void {
  for (const { pk, sk } of routes) rows.routes.get(pk)?.delete(sk);
}

/** The rows of one partition, made when there is none. */
export function partitionOf<T>(
  partitions: Map<string, Map<string, T>>,
  key: string,
): Map<string, T> {
  const partition = partitions.get(key) ?? new Map<string, T>();
  partitions.set(key, partition);
  return partition;
}
