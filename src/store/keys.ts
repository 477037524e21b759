import { createHash } from "node:crypto";
import { escapeText, unescapeText, utf8Bytes } from "../protocol/keyText.ts";
import { MAX_SORT_KEY_BYTES } from "../protocol/limits.ts";
import {
  decodeRequestId,
  encodeRequestId,
  isRequestId,
  MAX_ID_BYTES,
} from "../protocol/requestId.ts";
import {
  encodeScalar,
  type FilterField,
  type FilterFields,
  filterKey,
  MAX_VALUE_BYTES,
} from "./filterKeys.ts";
import type { ApiReference, QuietClient, RowKey, Subscriber } from "./types.ts";

/** The longest connection id that is accepted; API Gateway's have 16 characters. */
export const MAX_CONNECTION_ID_BYTES = 64;

/** `#connection#…#subscription#…#<time>j@<api>` at its longest. */
const MAX_SUBSCRIBER_BYTES =
  "connection#".length +
  MAX_CONNECTION_ID_BYTES +
  "#subscription#".length +
  MAX_ID_BYTES +
  "#1700000000000j@abcdef".length;

/** Size of the longest sort key that a filter can lead to, in bytes. At most {@link MAX_SORT_KEY_BYTES} fit. */
export function longestFilterKeyBytes(filter: FilterFields): number {
  const widest = "x".repeat(MAX_VALUE_BYTES);
  const fields = (names: readonly string[]): FilterField[] => names.map((name) => [name, widest]);
  const key = filterKey({
    name: filter.name,
    ctx: fields(filter.ctx),
    input: fields(filter.input),
  });
  return utf8Bytes(key) + MAX_SUBSCRIBER_BYTES;
}

/** Keys of one table, each inside the namespace. */
export interface Keys {
  connection(connectionId: string): RowKey;
  subscription(connectionId: string, id: Subscriber["id"]): RowKey;
  /** Partition of a route; shard 0 has no suffix, so that sharding a live route loses nobody. */
  path(path: string, shard: number): string;
  /** The secret that cursors are signed with. */
  readonly signingKey: RowKey;
  /** The text kept for the workers of a fan-out. */
  fanOutText(fanOutId: string): RowKey;
  fanOutPart(fanOutId: string, part: string): RowKey;
  /** Partition of the events at an address; their sort keys are cursors. */
  events(path: string, filter: string | undefined): string;
  /** The event that a publisher gave a key. */
  publishKey(path: string, key: string): RowKey;
  /** A client that has heard nothing since an event. */
  quiet(client: QuietClient): RowKey;
}

/** Sort key prefix of every subscription row of a connection. */
export const SUBSCRIPTION_PREFIX = "subscription#";
/** Sort key prefix of a route's every-subscriber rows. */
export const BROADCAST_PREFIX = "connection#";

/** What every partition key of a namespace begins with. */
export function namespacePrefix(namespace: string | undefined): string {
  return namespace === undefined ? "" : `namespace#${escapeText(namespace)}#`;
}

/** Builds the keys of one table. Two namespaces share no partition. */
export function keysOf(namespace: string | undefined): Keys {
  const prefix = namespacePrefix(namespace);
  const connectionKey = (connectionId: string): string => `connection#${escapeText(connectionId)}`;
  const fanOut = (fanOutId: string): string => `${prefix}fanOut#${escapeText(fanOutId)}`;
  return {
    connection: (connectionId) => ({
      pk: `${prefix}${connectionKey(connectionId)}`,
      sk: connectionKey(connectionId),
    }),
    subscription: (connectionId, id) => ({
      pk: `${prefix}${connectionKey(connectionId)}`,
      sk: `${SUBSCRIPTION_PREFIX}${encodeRequestId(id)}`,
    }),
    path: (path, shard) =>
      `${prefix}path#${encodeScalar(path)}${shard === 0 ? "" : `#${String(shard)}`}`,
    signingKey: { pk: `${prefix}secret#cursor`, sk: "secret#cursor" },
    fanOutText: (fanOutId) => ({ pk: fanOut(fanOutId), sk: "text" }),
    fanOutPart: (fanOutId, part) => ({ pk: fanOut(fanOutId), sk: `part#${escapeText(part)}` }),
    events: (path, filter) => `${prefix}event#${encodeScalar(path)}#${filter ?? ""}`,
    publishKey: (path, key) => ({
      pk: `${prefix}published#${encodeScalar(path)}#${encodeScalar(key)}`,
      sk: "published",
    }),
    quiet: ({ path, filters, cursor }) => ({
      pk: `${prefix}quiet#${encodeScalar(path)}#${encodeScalar(JSON.stringify(filters))}`,
      sk: cursor,
    }),
  };
}

/** One subscription at one time: what stands behind the filter's text in a route's sort key. */
export interface Incarnation {
  readonly subscriber: Subscriber;
  readonly requestTimeMs: number;
  readonly api: ApiReference;
}

/** Sort key of a route row. */
export function routeSortKey(filter: string | undefined, of: Incarnation): string {
  const { connectionId, id, jsonrpc } = of.subscriber;
  const last = `${of.requestTimeMs}${jsonrpc ? "j" : ""}@${apiFingerprint(of.api)}`;
  return `${filter ?? ""}connection#${escapeText(connectionId)}#subscription#${encodeRequestId(id)}#${last}`;
}

/** Reads the end of a route's sort key, or `undefined` when it is none of ours. */
export function parseRouteSortKey(sk: string):
  | {
      readonly subscriber: Subscriber;
      readonly requestTimeMs: number;
      readonly apiFingerprint: string;
    }
  | undefined {
  const [connection, connectionId, subscription, id, last] = sk.split("#").slice(-5);
  const match = /^(\d+)(j?)@([\w-]{6})$/.exec(last ?? "");
  if (
    connection !== "connection" ||
    subscription !== "subscription" ||
    connectionId === undefined ||
    id === undefined ||
    match === null
  ) {
    return undefined;
  }
  const requestId = decodeRequestId(id);
  const requestTimeMs = Number(match[1]);
  // Somebody else may have written `%nabc`, which would be posted as an event for `null`.
  const isWritten = isRequestId(requestId) && encodeRequestId(requestId) === id;
  if (!isWritten || !Number.isSafeInteger(requestTimeMs)) return undefined;
  return {
    subscriber: {
      connectionId: unescapeText(connectionId),
      id: requestId,
      jsonrpc: match[2] === "j",
    },
    requestTimeMs,
    apiFingerprint: match[3] ?? "",
  };
}

/**
 * Tells whether a row is a route of a subscription: a path of the same namespace, with the subscription at its end.
 *
 * @param owner - key of the subscription's row
 */
export function isRouteOf(owner: RowKey, { pk, sk }: RowKey): boolean {
  const start = owner.pk.lastIndexOf(BROADCAST_PREFIX);
  const subscriber = `${owner.pk.slice(start)}#${owner.sk}#`;
  const at = sk.lastIndexOf(subscriber);
  const isLast = at !== -1 && !sk.includes("#", at + subscriber.length);
  const isWhole = at === 0 || sk.charAt(at - 1) === "#";
  return start !== -1 && isLast && isWhole && pk.startsWith(`${owner.pk.slice(0, start)}path#`);
}

/** Short text that differs between deployed APIs, so that a route row needs no attribute for it. */
export function apiFingerprint(api: ApiReference): string {
  return createHash("sha256").update(`${api.apiId}/${api.stage}`).digest("base64url").slice(0, 6);
}

/** Partition of a connection among a route's shards; the same for its whole life. */
export function shardOf(connectionId: string, shards: number): number {
  return shards === 1
    ? 0
    : createHash("sha256").update(connectionId).digest().readUInt32BE() % shards;
}

/** Tells whether a filter's keys fit the table whatever its values are. */
export function fitsSortKey(filter: FilterFields): boolean {
  return longestFilterKeyBytes(filter) <= MAX_SORT_KEY_BYTES;
}
