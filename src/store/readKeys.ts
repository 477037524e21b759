import { eventTimeMs } from "../protocol/eventId.ts";
import { unescapeText } from "../protocol/keyText.ts";
import { decodeRequestId, isRequestId, type RequestId } from "../protocol/requestId.ts";
import {
  EVERY_VALUE,
  EVERY_VALUE_TEXT,
  type EveryValue,
  encodeScalar,
  type FilterScalar,
} from "./filterKeys.ts";
import { keysOf, namespacePrefix, parseRouteSortKey, SUBSCRIPTION_PREFIX } from "./keys.ts";
import type { EpochMs, RowKey, Subscriber } from "./types.ts";

/** A text of more than 128 bytes, of which a key holds only the hash. */
export interface HashedText {
  /** base64url of the SHA-256 of the value's key text. */
  readonly sha256: string;
}

/** What a key tells of a value. */
export type KeyValue = FilterScalar | HashedText | EveryValue;

/** One field of a filter as a key has it. */
export type KeyField = readonly [field: string, value: KeyValue];

/** A filter with its values, read from a key. */
export interface KeyFilter {
  readonly name: string;
  readonly ctx: readonly KeyField[];
  readonly input: readonly KeyField[];
}

/** What a route's key says. */
export interface RouteKeyParts {
  readonly kind: "route";
  /** Dotted path of the procedure; a hash for one of more than 128 bytes. */
  readonly path: string | HashedText;
  /** Partition among the route's shards, from 0. */
  readonly shard: number;
  /** The filter's key text; absent for the row of every subscriber. */
  readonly filterKey?: string;
  /** The filter, unless its text is none of ours. */
  readonly filter?: KeyFilter;
  readonly subscriber: Subscriber;
  /** Time of the frame that subscribed. */
  readonly requestTimeMs: EpochMs;
  readonly apiFingerprint: string;
}

/** What the key of a kept event says. */
export interface EventKeyParts {
  readonly kind: "event";
  /** Dotted path of the procedure; a hash for one of more than 128 bytes. */
  readonly path: string | HashedText;
  /** What it was published to: absent for every subscriber, `"unreadable"` for text that is none of ours. */
  readonly filter?: KeyFilter | "unreadable";
  /** Its place among the events of the route: the `lastEventId` of who has seen it. */
  readonly cursor: string;
}

/** What a key says of its row. */
export type KeyParts =
  | { readonly kind: "connection"; readonly connectionId: string }
  | { readonly kind: "subscription"; readonly connectionId: string; readonly id: RequestId }
  | RouteKeyParts
  | EventKeyParts
  /** A publisher's own name for an event. */
  | { readonly kind: "publishKey"; readonly path: string | HashedText }
  /** That there was nothing for a client since its last event. */
  | { readonly kind: "quietNote"; readonly path: string | HashedText };

/**
 * Reads the key of a row of a connection, a subscription, a route or a history; `undefined` for every other row, those
 * of other namespaces included.
 */
export function readRowKey(namespace: string | undefined, key: RowKey): KeyParts | undefined {
  const prefix = namespacePrefix(namespace);
  if (!key.pk.startsWith(prefix)) return undefined;
  const partition = key.pk.slice(prefix.length).split("#");
  switch (partition[0]) {
    case "connection":
      return readConnectionKey(namespace, key, unescapeText(partition[1] ?? ""));
    case "path":
      return readRouteKey(key);
    case "event":
    case "published":
    case "quiet":
      return readHistoryKey(partition, key.sk);
    default:
      return undefined;
  }
}

function readConnectionKey(
  namespace: string | undefined,
  key: RowKey,
  connectionId: string,
): KeyParts | undefined {
  const keys = keysOf(namespace);
  const own = keys.connection(connectionId);
  if (key.pk !== own.pk) return undefined;
  if (key.sk === own.sk) return { kind: "connection", connectionId };
  if (!key.sk.startsWith(SUBSCRIPTION_PREFIX)) return undefined;
  const id = decodeRequestId(key.sk.slice(SUBSCRIPTION_PREFIX.length));
  const isWritten = isRequestId(id) && keys.subscription(connectionId, id).sk === key.sk;
  return isWritten ? { kind: "subscription", connectionId, id } : undefined;
}

function readRouteKey({ pk, sk }: RowKey): RouteKeyParts | undefined {
  const partition = readRoutePartition(pk);
  const parsed = parseRouteSortKey(sk);
  if (partition === undefined || parsed === undefined) return undefined;
  const filterKey = sk.split("#").slice(0, -5).join("#");
  const filter = filterKey === "" ? undefined : readFilterKey(`${filterKey}#`);
  return {
    kind: "route",
    ...partition,
    ...(filterKey !== "" && { filterKey: `${filterKey}#` }),
    ...(filter !== undefined && { filter }),
    ...parsed,
  };
}

/** @param partition - the segments of the partition key behind its namespace */
function readHistoryKey(
  [kind, encodedPath = "", ...rest]: readonly string[],
  sk: string,
): KeyParts | undefined {
  const path = decodeValue(encodedPath);
  if (typeof path !== "string" && !isHashedText(path)) return undefined;
  if (kind === "published") {
    return rest.length === 1 && sk === "published" ? { kind: "publishKey", path } : undefined;
  }
  if (rest.length === 0 || eventTimeMs(sk) === undefined) return undefined;
  if (kind === "quiet") return rest.length === 1 ? { kind: "quietNote", path } : undefined;
  const text = rest.join("#");
  const filter = text === "" ? {} : { filter: readFilterKey(text) ?? ("unreadable" as const) };
  return { kind: "event", path, ...filter, cursor: sk };
}

/** The namespace that a partition key begins with; `undefined` without one. */
export function namespaceOfKey(pk: string): string | undefined {
  const [start, namespace] = pk.split("#", 2);
  return start === "namespace" && namespace !== undefined ? unescapeText(namespace) : undefined;
}

/** What the partition key of a route says, in any namespace; `undefined` for one of another kind. */
export function readRoutePartition(pk: string): Pick<RouteKeyParts, "path" | "shard"> | undefined {
  const own = pk.slice(namespacePrefix(namespaceOfKey(pk)).length);
  const [start, encodedPath = "", shard = "0", ...more] = own.split("#");
  const path = decodeValue(encodedPath);
  const isPath = typeof path === "string" || isHashedText(path);
  if (start !== "path" || !isPath || more.length > 0 || !/^\d{1,9}$/.test(shard)) return undefined;
  return { path, shard: Number(shard) };
}

/** The value that a segment of a key stands for; `undefined` for text that no value has. */
export function decodeValue(text: string): KeyValue | undefined {
  if (text.startsWith("%h")) return { sha256: text.slice(2) };
  if (text === EVERY_VALUE_TEXT) return EVERY_VALUE;
  const value = scalarOf(text);
  return value !== undefined && encodeScalar(value) === text ? value : undefined;
}

function scalarOf(text: string): FilterScalar | undefined {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case "%n":
      return Number.isFinite(Number(rest)) ? Number(rest) : undefined;
    case "%b":
      return rest === "true";
    case "%i":
      return /^-?\d+$/.test(rest) ? BigInt(rest) : undefined;
    case "%z":
      return null;
    default:
      return unescapeText(text);
  }
}

/** Tells a hash from the values that keys hold as they are. */
export function isHashedText(value: KeyValue | undefined): value is HashedText {
  return typeof value === "object" && value !== null && "sha256" in value;
}

/** Tells an optional field that was left out from one with a value. */
export function isEveryValue(value: KeyValue): value is EveryValue {
  return typeof value === "object" && value !== null && "every" in value;
}

/**
 * Reads the text that `filterKey` made; `undefined` for any other.
 *
 * Where a field of the context is called `input` a text can have two readings. Then it is the one with fewer fields of
 * the context; publishers do not read keys, they compare text.
 */
export function readFilterKey(key: string): KeyFilter | undefined {
  const [start, name, ...segments] = key.slice(0, -1).split("#");
  if (start !== "name" || name === undefined || !key.endsWith("#")) return undefined;
  for (const [ctx, input] of sectionsOf(segments)) {
    const filter = { ctx: fieldsOf(ctx), input: fieldsOf(input) };
    if (filter.ctx !== undefined && filter.input !== undefined) {
      return { name: unescapeText(name), ctx: filter.ctx, input: filter.input };
    }
  }
  return undefined;
}

type Segments = readonly string[];

/** Every way to part the segments into those of `ctx` and those of `input`. */
function sectionsOf(segments: Segments): readonly (readonly [ctx: Segments, input: Segments])[] {
  if (segments.length === 0) return [[[], []]];
  if (segments[0] === "input") return [[[], segments.slice(1)]];
  if (segments[0] !== "ctx") return [];
  const marks = segments.flatMap((segment, at) =>
    segment === "input" && at > 1 && at % 2 === 1 ? [at] : [],
  );
  const parted = marks.map((at) => [segments.slice(1, at), segments.slice(at + 1)] as const);
  return [...parted, [segments.slice(1), []]];
}

function fieldsOf(segments: Segments): readonly KeyField[] | undefined {
  if (segments.length % 2 !== 0) return undefined;
  const fields: KeyField[] = [];
  for (let at = 0; at < segments.length; at += 2) {
    const value = decodeValue(segments[at + 1] ?? "");
    if (value === undefined) return undefined;
    fields.push([unescapeText(segments[at] ?? ""), value]);
  }
  return fields;
}
