import { SUBSCRIPTION_PREFIX } from "../keys.ts";
import { keyText } from "../rows.ts";
import type { StoredSubscription, Subscriber } from "../types.ts";
import { nowSeconds, type TableAccess } from "./access.ts";
import { batchGet } from "./batches.ts";
import { type SubscriptionRow, toSubscriptionRow } from "./items.ts";
import { queryPages } from "./pages.ts";

/** Every unexpired subscription row of a connection, live and stopped, page by page. */
export async function* subscriptionRows(
  table: TableAccess,
  connectionId: string,
): AsyncGenerator<readonly SubscriptionRow[], void, undefined> {
  const { pk } = table.keys.connection(connectionId);
  for await (const page of queryPages(table, { pk, prefix: SUBSCRIPTION_PREFIX })) {
    yield page.map((item) => toSubscriptionRow(connectionId, item));
  }
}

/** The live subscriptions among those asked for, each once. */
export async function getSubscriptions(
  table: TableAccess,
  subscribers: readonly Pick<Subscriber, "connectionId" | "id">[],
): Promise<readonly StoredSubscription[]> {
  const asked = subscribers.map(({ connectionId, id }) => ({
    connectionId,
    key: table.keys.subscription(connectionId, id),
  }));
  const connectionIds = new Map(asked.map((one) => [keyText(one.key), one.connectionId]));
  const items = await batchGet(
    table,
    asked.map(({ key }) => key),
  );
  const now = nowSeconds(table);
  return items.flatMap((item) => {
    const key = { pk: String(item.pk), sk: String(item.sk) };
    const row = toSubscriptionRow(connectionIds.get(keyText(key)) ?? "", item);
    return row.state === "ACTIVE" && row.expireAt > now ? [row.stored] : [];
  });
}
