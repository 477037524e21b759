import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { TableError } from "../../errors.ts";
import type { RequestId } from "../../protocol/requestId.ts";
import { call, type TableAccess } from "./access.ts";
import { allOf } from "./conditions.ts";
import { type Item, toCount } from "./items.ts";
import { subscriptionRows } from "./subscriptionRows.ts";

/**
 * Counts the live subscriptions of a connection whose item says that it is full. Its number is an upper bound, because
 * a stop does not lower it: that saves a write at every stop.
 *
 * @param item - the connection's item, read before
 * @param wanted - ids of the subscriptions that room is wanted for
 * @returns how many more it may have; `undefined` when the item has changed since, or one that is wanted has been
 * stored since, and must be looked at again
 */
export async function roomOf(
  table: TableAccess,
  connectionId: string,
  { item, wanted }: { readonly item: Item; readonly wanted: ReadonlySet<RequestId> },
): Promise<number | undefined> {
  // Read as 0 it would be no reason for the refusal, and the same transaction would be tried for ever.
  if (typeof item.subscriptions !== "number") throw noCount(table);
  const seen = toCount(item);
  let live = 0;
  for await (const page of subscriptionRows(table, connectionId)) {
    const active = page.filter(({ state }) => state === "ACTIVE");
    // By another invocation of its frame: it needs no room, and must not be refused.
    if (active.some(({ stored }) => wanted.has(stored.id))) return undefined;
    live += active.length;
  }
  const room = Math.max(0, table.maxSubscriptions - live);
  if (room === 0 || live >= seen.subscriptions) return room;
  return (await lowerCount(table, connectionId, { seen, live })) ? room : undefined;
}

function noCount({ tableName }: TableAccess): TableError {
  return new TableError(
    tableName,
    `a connection of table "${tableName}" has no number of subscriptions, so somebody else wrote it. It expires by itself; its client can connect again.`,
  );
}

/** @returns `false` when the number has changed since it was seen */
async function lowerCount(
  table: TableAccess,
  connectionId: string,
  { seen, live }: { readonly seen: ReturnType<typeof toCount>; readonly live: number },
): Promise<boolean> {
  // Between two corrections the number only grows, so the pair never comes back: an equal number alone could be one
  // that somebody else has corrected and others have raised again.
  const sameNumber = "subscriptions = :seen";
  const sameCorrection = "recounts = :recounts";
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.connection(connectionId),
    UpdateExpression: "SET subscriptions = :live, recounts = :next",
    ConditionExpression: allOf(sameNumber, sameCorrection),
    ExpressionAttributeValues: {
      ":live": live,
      ":seen": seen.subscriptions,
      ":recounts": seen.recounts,
      ":next": seen.recounts + 1,
    },
  });
  try {
    await call(table, () => table.client.send(update));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
