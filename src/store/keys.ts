import { createHash } from "node:crypto";
import { escapeText, isWellFormed, unescapeText, utf8Bytes } from "../protocol/keyText.ts";
import { MAX_SORT_KEY_BYTES } from "../protocol/limits.ts";
import {
  decodeRequestId,
  encodeRequestId,
  isRequestId,
  MAX_ID_BYTES,
} from "../protocol/requestId.ts";
import type { ApiReference, RowKey, Subscriber } from "./types.ts";

/** A value that a filter can hold. */
export type FilterScalar = string | number | boolean | bigint | null;

/** One field of a filter with its value. */
export type FilterField = readonly [field: string, value: FilterScalar];

/** A filter with values: the address of a subscriber, or of a publish. */
export interface FilterValues {
  readonly name: string;
  /** In the order of {@link canonicalFields}. */
  readonly ctx: readonly FilterField[];
  /** In the order of {@link canonicalFields}; left out to address every subscriber with these `ctx` values. */
  readonly input?: readonly FilterField[];
}

/** The names of a filter's fields. */
export interface FilterFields {
  readonly name: string;
  readonly ctx: readonly string[];
  readonly input: readonly string[];
}

/** The largest text of one value in a key; a longer one is replaced by its hash. */
export const MAX_VALUE_BYTES = 128;

/** The longest connection id that is accepted; API Gateway's have 16 characters. */
export const MAX_CONNECTION_ID_BYTES = 64;

/** `#connection#…#subscription#…#<time>j@<api>` at its longest. */
const MAX_SUBSCRIBER_BYTES =
  "connection#".length +
  MAX_CONNECTION_ID_BYTES +
  "#subscription#".length +
  MAX_ID_BYTES +
  "#1700000000000j@abcdef".length;

/** Tells whether a value can be part of a key; `NaN`, infinities and text with a lone surrogate cannot. */
export function isFilterScalar(value: unknown): value is FilterScalar {
  switch (typeof value) {
    case "string":
      return isWellFormed(value);
    case "number":
      return Number.isFinite(value);
    case "boolean":
    case "bigint":
      return true;
    default:
      return value === null;
  }
}

/** Order of a filter's fields in its keys, whatever the order they were written in. */
export function canonicalFields(fields: readonly string[]): readonly string[] {
  return fields.toSorted();
}

/**
 * Key form of a value. Injective: a string is itself with `%` and `#` escaped, every other type carries a tag that no
 * escaped string can have.
 */
export function encodeScalar(value: FilterScalar): string {
  const text = scalarText(value);
  return utf8Bytes(text) <= MAX_VALUE_BYTES
    ? text
    : `%h${createHash("sha256").update(text).digest("base64url")}`;
}

function scalarText(value: FilterScalar): string {
  switch (typeof value) {
    case "string":
      return escapeText(value);
    case "number":
      return `%n${value === 0 ? 0 : value}`;
    case "boolean":
      return `%b${value}`;
    case "bigint":
      return `%i${value}`;
    default:
      return "%z";
  }
}

/**
 * Key text of a filter with values. Every segment is terminated, so the text of a publish begins the keys of exactly
 * the subscribers with equal values: `Bob#` does not begin `Bobby#`.
 */
export function filterKey(values: FilterValues): string {
  const pairs = (section: string, fields: readonly FilterField[]): string =>
    fields.length === 0
      ? ""
      : `${section}#${fields.map(([field, value]) => `${escapeText(field)}#${encodeScalar(value)}#`).join("")}`;
  return `name#${escapeText(values.name)}#${pairs("ctx", values.ctx)}${pairs("input", values.input ?? [])}`;
}

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
