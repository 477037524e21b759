import type { StoredSubscription } from "../types.ts";
import type { TableAccess } from "./access.ts";
import { deleteRows } from "./batches.ts";
import { markClosed } from "./closed.ts";
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
