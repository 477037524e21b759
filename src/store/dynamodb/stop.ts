import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { TOMBSTONE_MS } from "../lifecycle.ts";
import type { StopRequest, StoredSubscription } from "../types.ts";
import { call, nowSeconds, type TableAccess } from "./access.ts";
import { deleteRows } from "./batches.ts";
import { anyOf, EXPIRED } from "./conditions.ts";
import { type SubscriptionRow, toSubscriptionRow } from "./items.ts";

/**
 * Ends a subscription. The row stays as a tombstone with the time of the stop, also where there was none: it keeps out
 * a `subscription` frame that was sent before the stop and is handled after it. The tombstone still names the routes,
 * so that a `$disconnect` finds them when this process dies before it has deleted them.
 */
export async function stop(
  table: TableAccess,
  request: StopRequest,
): Promise<StoredSubscription | undefined> {
  const now = nowSeconds(table);
  const marked = await markStopped(table, request);
  if (marked === undefined || marked.last.expireAt <= now) return undefined;
  const { last, wasLive } = marked;
  await deleteRows(table, last.routes);
  return wasLive ? last.stored : undefined;
}

/** A subscription that was marked. */
interface Marked {
  /** The row as it was. */
  readonly last: SubscriptionRow;
  readonly wasLive: boolean;
}

/** @returns `undefined` when there was no row or a later frame's */
async function markStopped(
  table: TableAccess,
  { connectionId, id, requestTimeMs }: StopRequest,
): Promise<Marked | undefined> {
  const unknown = "attribute_not_exists(requestTimeMs)";
  const notLater = "requestTimeMs <= :time";
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.subscription(connectionId, id),
    UpdateExpression: "SET #state = :stopped, requestTimeMs = :time, expireAt = :end",
    ConditionExpression: anyOf(unknown, notLater, EXPIRED),
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: {
      ":stopped": "STOPPED",
      ":time": requestTimeMs,
      ":end": Math.floor((table.now() + TOMBSTONE_MS) / 1000),
      ":now": nowSeconds(table),
    },
    ReturnValues: "ALL_OLD",
  });
  try {
    const { Attributes, $metadata } = await call(table, () => table.client.send(update));
    if (Attributes === undefined) return undefined;
    const last = toSubscriptionRow(connectionId, Attributes);
    // The SDK tries again where an answer was lost, and then finds this very stop: the client is still to be told.
    const isOwn = ($metadata.attempts ?? 1) > 1 && last.requestTimeMs === requestTimeMs;
    // What was never more than a stop has no path.
    return { last, wasLive: last.state === "ACTIVE" || (isOwn && last.stored.path !== "") };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
