import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { TOMBSTONE_MS } from "../lifecycle.ts";
import type { StoredSubscription } from "../types.ts";
import { call, type TableAccess } from "./access.ts";
import { deleteRows } from "./pages.ts";
import { subscriptionRows } from "./subscriptionRows.ts";

/**
 * Closes a connection and removes its routes. The mark comes first: a subscription that is being stored either was
 * there before it and is found by the query, or finds the mark. The subscription rows are left to the TTL, which is
 * free, and so is a second run after a crash.
 */
export async function disconnect(
  table: TableAccess,
  connectionId: string,
): Promise<readonly StoredSubscription[]> {
  await markClosed(table, connectionId);
  const live: StoredSubscription[] = [];
  for await (const page of subscriptionRows(table, connectionId)) {
    await deleteRows(
      table,
      page.flatMap(({ routes }) => routes),
    );
    live.push(...page.filter(({ state }) => state === "ACTIVE").map(({ stored }) => stored));
  }
  return live;
}

async function markClosed(table: TableAccess, connectionId: string): Promise<void> {
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.connection(connectionId),
    // Where `$disconnect` overtook `$connect` the row is made here, and must not stay for ever.
    UpdateExpression: "SET #state = :closed, expireAt = if_not_exists(expireAt, :end)",
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: {
      ":closed": "CLOSED",
      ":end": Math.floor((table.now() + TOMBSTONE_MS) / 1000),
    },
  });
  await call(table, () => table.client.send(update));
}
