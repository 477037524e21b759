import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { call, type TableAccess } from "./access.ts";
import { allOf } from "./conditions.ts";
import { type Item, toCount } from "./items.ts";
import { subscriptionRows } from "./subscriptionRows.ts";

/**
 * Counts the live subscriptions of a connection whose item says that it is full. Its number is an upper bound, because
 * a stop does not lower it: that saves a write at every stop.
 *
 * @param item - the connection's item, read before
 * @returns how many more it may have; `undefined` when the item has changed since, and must be looked at again
 */
export async function roomOf(
  table: TableAccess,
  connectionId: string,
  item: Item,
): Promise<number | undefined> {
  const seen = toCount(item);
  let live = 0;
  for await (const page of subscriptionRows(table, connectionId)) {
    live += page.filter(({ state }) => state === "ACTIVE").length;
  }
  const room = Math.max(0, table.maxSubscriptions - live);
  if (room === 0 || live >= seen.subscriptions) return room;
  return (await lowerCount(table, connectionId, { seen, live })) ? room : undefined;
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
