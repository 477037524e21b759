import { isFoundByNoOther } from "./except.ts";
import type { Keys } from "./keys.ts";
import { live, type Rows, seconds, subscriptionRow } from "./memoryRows.ts";
import { type PartitionQuery, partitionsOf } from "./partitions.ts";
import { toRoute } from "./rows.ts";
import type { Route, RouteQuery } from "./types.ts";

/** Rows of the first page of a partition, as in the DynamoDB store. */
const FIRST_PAGE_ROWS = 250;
/** Rows of a later page: about as many as there are in 1 MB. */
const PAGE_ROWS = 5000;

/** The live rows of a route, as {@link Store.findRoutes} promises. */
export async function* findRoutes(
  rows: Rows,
  keys: Keys,
  query: RouteQuery,
): AsyncGenerator<readonly Route[], void, undefined> {
  for (const partition of partitionsOf(keys, query)) {
    query.signal?.throwIfAborted();
    const found = sortKeysOf(rows, partition);
    let size = FIRST_PAGE_ROWS;
    for (let from = 0; from < found.length; from += size, size = PAGE_ROWS) {
      query.signal?.throwIfAborted();
      const page = found.slice(from, from + size);
      const routes = page.flatMap((sk) => liveRoute(rows, { pk: partition.pk, sk }, query));
      if (routes.length > 0) yield routes;
    }
  }
}

/** In the order of their bytes, as DynamoDB sorts: JavaScript's own order differs beyond U+FFFF. */
function sortKeysOf(rows: Rows, { pk, prefix, after }: PartitionQuery): readonly string[] {
  const from = after === undefined ? undefined : Buffer.from(after);
  return [...(rows.routes.get(pk)?.keys() ?? [])]
    .filter((sk) => sk.startsWith(prefix))
    .map((sk) => ({ sk, bytes: Buffer.from(sk) }))
    .filter(({ bytes }) => from === undefined || Buffer.compare(bytes, from) > 0)
    .toSorted((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ sk }) => sk);
}

/** The route, unless it has gone since the search began or is left out. */
function liveRoute(rows: Rows, key: Route["key"], query: RouteQuery): readonly Route[] {
  const { api, except = [] } = query;
  const route = toRoute(key, api);
  if (route === undefined || live(rows, rows.routes.get(key.pk)?.get(key.sk)) === undefined) {
    return [];
  }
  if (except.length === 0) return [route];
  const { connectionId, id } = route.subscriber;
  const owner = subscriptionRow(rows, connectionId, id);
  return isFoundByNoOther(route, owner, { except, now: seconds(rows.now()) }) ? [route] : [];
}
