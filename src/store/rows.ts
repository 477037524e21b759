import { apiFingerprint, type Keys, parseRouteSortKey, routeSortKey, shardOf } from "./keys.ts";
import type { Connection, NewSubscription, Route, RouteQuery, RowKey } from "./types.ts";

/** Keys of every route row of a subscription, each once. */
export function routeKeys(
  keys: Keys,
  connection: Connection,
  subscription: NewSubscription,
): readonly RowKey[] {
  const { id, jsonrpc, requestTimeMs, shards } = subscription;
  const { connectionId, api } = connection;
  const incarnation = { subscriber: { connectionId, id, jsonrpc }, requestTimeMs, api };
  const shard = shardOf(connectionId, shards);
  return uniqueKeys(
    subscription.routes.map(({ path, filter }) => ({
      pk: keys.path(path, shard),
      sk: routeSortKey(filter, incarnation),
    })),
  );
}

/** The keys without repetitions: DynamoDB refuses a batch that names a row twice. */
export function uniqueKeys(keys: readonly RowKey[]): readonly RowKey[] {
  return [...new Map(keys.map((key) => [keyText(key), key])).values()];
}

/** One text per key, for maps. */
export function keyText({ pk, sk }: RowKey): string {
  return JSON.stringify([pk, sk]);
}

/** Reads the key of a route row; `undefined` for a row that is none of ours or belongs to another API. */
export function toRoute({ pk, sk }: RowKey, api: RouteQuery["api"]): Route | undefined {
  const parsed = parseRouteSortKey(sk);
  if (parsed === undefined) return undefined;
  if (api !== undefined && apiFingerprint(api) !== parsed.apiFingerprint) return undefined;
  return {
    subscriber: parsed.subscriber,
    requestTimeMs: parsed.requestTimeMs,
    key: { pk, sk },
  };
}
