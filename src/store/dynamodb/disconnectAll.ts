import { keyText, uniqueKeys } from "../rows.ts";
import type { Route, RowKey, StoredSubscription } from "../types.ts";
import { nowSeconds, type TableAccess } from "./access.ts";
import { batchGet, deleteRows } from "./batches.ts";
import { inChunks } from "./chunks.ts";
import { markAllClosed } from "./closed.ts";
import { type Item, type SubscriptionRow, toCount, toSubscriptionRow } from "./items.ts";
import { subscriptionRows } from "./subscriptionRows.ts";

/** Connections of one transaction; with one subscription each they and those fill one `BatchGetItem` of 100. */
const CHUNK_CONNECTIONS = 50;
/** Connections whose subscriptions are queried at the same time. */
const MAX_QUERIES_IN_FLIGHT = 8;

/**
 * Closes the connections of routes and removes every route of them, at about six calls per 50 connections of one
 * subscription with two routes each.
 *
 * The mark comes first, as in `disconnect`. A subscribe in flight is a transaction on the same connection row, so it is
 * either refused by the mark, or was stored before it and has raised the row's number of subscriptions, which the mark
 * keeps and nothing raises any more. So a number that is read after the mark is never less than the live subscriptions:
 * where it equals the live ones among those that the routes name, there are no others; where it does not, they are
 * queried.
 */
export async function disconnectAll(
  table: TableAccess,
  routes: readonly Route[],
): Promise<readonly StoredSubscription[]> {
  const chunks = { size: CHUNK_CONNECTIONS, width: 1 };
  const live = await inChunks(groupByConnection(routes), chunks, (chunk) =>
    disconnectChunk(table, chunk),
  );
  return live.flat();
}

/** A connection with the routes of it that were given. */
type Gone = readonly [connectionId: string, routes: readonly Route[]];

function groupByConnection(routes: readonly Route[]): readonly Gone[] {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const { connectionId } = route.subscriber;
    const group = groups.get(connectionId);
    if (group === undefined) groups.set(connectionId, [route]);
    else group.push(route);
  }
  return [...groups];
}

async function disconnectChunk(
  table: TableAccess,
  gone: readonly Gone[],
): Promise<readonly StoredSubscription[]> {
  const connectionIds = gone.map(([connectionId]) => connectionId);
  await markAllClosed(table, connectionIds);
  const found = await readNamed(table, gone);
  const rows = await inChunks(gone, { size: 1, width: MAX_QUERIES_IN_FLIGHT }, async ([one]) =>
    one === undefined ? [] : subscriptionsOf(table, one, found),
  );
  const all = rows.flat();
  const inHand = gone.flatMap(([, routes]) => routes.map(({ key }) => key));
  await deleteRows(table, [...inHand, ...all.flatMap(({ routes }) => routes)]);
  return all.filter(({ state }) => state === "ACTIVE").map(({ stored }) => stored);
}

type Items = ReadonlyMap<string, Item>;

/** The rows of the connections and of the subscriptions that their routes name. */
async function readNamed(table: TableAccess, gone: readonly Gone[]): Promise<Items> {
  const keys = gone.flatMap(([connectionId, routes]) => [
    table.keys.connection(connectionId),
    ...subscriptionKeys(table, connectionId, routes),
  ]);
  const items = await batchGet(table, keys);
  return new Map(
    items.map((item) => [keyText({ pk: String(item.pk), sk: String(item.sk) }), item]),
  );
}

/** The unexpired subscriptions of a closed connection: all that are live, and what is known of stopped ones. */
async function subscriptionsOf(
  table: TableAccess,
  [connectionId, routes]: Gone,
  found: Items,
): Promise<readonly SubscriptionRow[]> {
  const now = nowSeconds(table);
  const named = subscriptionKeys(table, connectionId, routes)
    .flatMap((key) => found.get(keyText(key)) ?? [])
    .map((item) => toSubscriptionRow(connectionId, item))
    .filter(({ expireAt }) => expireAt > now);
  const connection = found.get(keyText(table.keys.connection(connectionId))) ?? {};
  const { subscriptions, recounts } = toCount(connection);
  const live = named.filter(({ state }) => state === "ACTIVE").length;
  // A corrected number leaves out stopped ones, and with them the routes of a stop that died half-way.
  if (live >= subscriptions && recounts === 0) return named;
  const all: SubscriptionRow[] = [];
  for await (const page of subscriptionRows(table, connectionId)) all.push(...page);
  return all;
}

function subscriptionKeys(
  { keys }: TableAccess,
  connectionId: string,
  routes: readonly Route[],
): readonly RowKey[] {
  return uniqueKeys(routes.map(({ subscriber }) => keys.subscription(connectionId, subscriber.id)));
}
