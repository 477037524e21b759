import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { TableError } from "../../errors.ts";
import { decodeRequestId } from "../../protocol/requestId.ts";
import { isRouteOf, SUBSCRIPTION_PREFIX } from "../keys.ts";
import type { LastFrame } from "../lifecycle.ts";
import type {
  Connection,
  ConnectionParams,
  EpochSeconds,
  NewConnection,
  NewSubscription,
  RowKey,
  StoredSubscription,
} from "../types.ts";

/**
 * Attributes of an item. Besides `pk`, `sk` and `expireAt` there are:
 *
 * - connection: `state` (`OPEN`, `CLOSED`), `connectedAt`, `apiId`, `stage`, `paramsExpected`, `session` (text), `handOver`,
 *   `connectionParams` (JSON text), `subscriptions` (never less than the live ones), `recounts` (times that number was
 *   corrected)
 * - subscription: `state` (`ACTIVE`, `STOPPED`), `requestTimeMs`, `messageId`, `path`, `routes` (list of `[pk, sk]`),
 *   `hookState` (text)
 * - route: nothing
 * - signing key and fan-out text: `text`
 * - event: `text`, and `outbox` (whom it is for) on one of its rows when the stream's handler is to post it
 * - key of an event: `state` (`OPEN`, `DONE`), `cursor` (of the event), `fingerprint`
 * - quiet client: `until` (epoch milliseconds)
 * - part of a fan-out: `state` (`CLAIMED`, `DONE`), `claimId` (of whoever has it), `leaseUntil`, `end` (text)
 */
export type Item = Readonly<Partial<Record<Attribute, unknown>>>;

type Attribute =
  | "pk"
  | "sk"
  | "expireAt"
  | "state"
  | "connectedAt"
  | "apiId"
  | "stage"
  | "paramsExpected"
  | "session"
  | "handOver"
  | "connectionParams"
  | "subscriptions"
  | "recounts"
  | "requestTimeMs"
  | "messageId"
  | "path"
  | "routes"
  | "hookState"
  | "text"
  | "outbox"
  | "cursor"
  | "fingerprint"
  | "until"
  | "claimId"
  | "leaseUntil"
  | "end";

/** Item of a connection that was just opened. */
export function openConnectionItem(
  key: RowKey,
  { connectedAt, api, paramsExpected, session, handOver }: NewConnection,
  expireAt: EpochSeconds,
): Item {
  return {
    ...key,
    expireAt,
    state: "OPEN",
    connectedAt,
    apiId: api.apiId,
    stage: api.stage,
    paramsExpected,
    subscriptions: 0,
    recounts: 0,
    ...(session !== undefined && { session }),
    ...(handOver === true && { handOver }),
  };
}

/**
 * Reads a connection; `undefined` when there is none, or it is closed or expired.
 *
 * @throws {@link TableError} for one that somebody else wrote
 */
export function toConnection(
  connectionId: string,
  item: Item | undefined,
  { tableName, now }: { readonly tableName: string; readonly now: EpochSeconds },
): Connection | undefined {
  if (item === undefined || item.state !== "OPEN" || numberOf(item, "expireAt") <= now) {
    return undefined;
  }
  const session = textOf(item, "session");
  const params = textOf(item, "connectionParams");
  return {
    connectionId,
    api: { apiId: textOf(item, "apiId") ?? "", stage: textOf(item, "stage") ?? "" },
    connectedAt: numberOf(item, "connectedAt"),
    expireAt: numberOf(item, "expireAt"),
    paramsExpected: item.paramsExpected === true,
    ...(item.handOver === true && { handOver: true }),
    ...(session !== undefined && { session }),
    ...(params !== undefined && { connectionParams: decodeParams(params, tableName) }),
  };
}

/** Text of `connectionParams`. */
export function encodeParams(params: ConnectionParams | "invalid"): string {
  return JSON.stringify(params);
}

function decodeParams(text: string, tableName: string): ConnectionParams | "invalid" {
  const params = parsed(text);
  if (params === null || params === "invalid" || isTexts(params)) return params;
  throw new TableError(
    tableName,
    `a connection of table "${tableName}" has connectionParams that somebody else wrote. It expires by itself; its client can connect again.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text, which may be a token.
    return undefined;
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord && Object.values(value).every((each) => typeof each === "string");
}

/** How many subscriptions a connection's item says it has, and how often that was corrected. */
export function toCount(item: Item): { readonly subscriptions: number; readonly recounts: number } {
  return {
    subscriptions: numberOf(item, "subscriptions"),
    recounts: numberOf(item, "recounts"),
  };
}

/** Item of a live subscription. */
export function activeItem(
  key: RowKey,
  { requestTimeMs, messageId, path, hookState }: NewSubscription,
  { routes, expireAt }: { readonly routes: readonly RowKey[]; readonly expireAt: EpochSeconds },
): Item {
  return {
    ...key,
    expireAt,
    state: "ACTIVE",
    requestTimeMs,
    messageId,
    path,
    routes: routes.map(({ pk, sk }) => [pk, sk]),
    ...(hookState !== undefined && { hookState }),
  };
}

/** A subscription's item, read. */
export interface SubscriptionRow extends LastFrame {
  readonly expireAt: EpochSeconds;
  /** The route rows that were written with it. */
  readonly routes: readonly RowKey[];
  readonly stored: StoredSubscription;
}

/** Reads a subscription's item. */
export function toSubscriptionRow(connectionId: string, item: Item): SubscriptionRow {
  const messageId = textOf(item, "messageId");
  const hookState = textOf(item, "hookState");
  return {
    state: item.state === "ACTIVE" ? "ACTIVE" : "STOPPED",
    requestTimeMs: numberOf(item, "requestTimeMs"),
    expireAt: numberOf(item, "expireAt"),
    routes: routesOf(item),
    stored: {
      connectionId,
      id: decodeRequestId((textOf(item, "sk") ?? "").slice(SUBSCRIPTION_PREFIX.length)),
      requestTimeMs: numberOf(item, "requestTimeMs"),
      path: textOf(item, "path") ?? "",
      ...(hookState !== undefined && { hookState }),
    },
    ...(messageId !== undefined && { messageId }),
  };
}

/** Item of a route. */
export function routeItem(key: RowKey, expireAt: EpochSeconds): Item {
  return { ...key, expireAt };
}

/** An item as DynamoDB's errors carry it: the document client translates results, not errors. */
export function fromError(item: Readonly<Record<string, AttributeValue>>): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, fromAttributeValue(value)]),
  );
}

// Only the types that our rows are made of.
function fromAttributeValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  return value.L?.map(fromAttributeValue);
}

/** A text attribute. */
export function textOf(item: Item, name: Attribute): string | undefined {
  const value = item[name];
  return typeof value === "string" ? value : undefined;
}

/** A number attribute; 0 when it is not there. */
export function numberOf(item: Item, name: Attribute): number {
  const value = item[name];
  return typeof value === "number" ? value : 0;
}

/** Those of this very subscription: they are deleted with it, and a row may have been written by somebody else. */
function routesOf(item: Item): readonly RowKey[] {
  const routes: unknown = item.routes;
  if (!Array.isArray(routes)) return [];
  const owner = { pk: textOf(item, "pk") ?? "", sk: textOf(item, "sk") ?? "" };
  return routes.flatMap((route: unknown) => {
    if (!Array.isArray(route)) return [];
    const [pk, sk]: readonly unknown[] = route;
    if (typeof pk !== "string" || typeof sk !== "string") return [];
    return isRouteOf(owner, { pk, sk }) ? [{ pk, sk }] : [];
  });
}
