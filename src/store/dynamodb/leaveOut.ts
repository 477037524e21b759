import { MAX_BATCH_GET_ITEMS } from "../../protocol/limits.ts";
import { isFoundByNoOther } from "../except.ts";
import { keyText } from "../rows.ts";
import type { Route } from "../types.ts";
import { nowSeconds, type TableAccess } from "./access.ts";
import { batchGet } from "./batches.ts";
import { inChunks } from "./chunks.ts";
import { toSubscriptionRow } from "./items.ts";

/** Batches of one page that are read at the same time. */
const MAX_BATCHES_IN_FLIGHT = 4;

/** The routes of a page whose subscriptions are live and are found by none of the other filters, in their order. */
export async function leaveOut(
  table: TableAccess,
  routes: readonly Route[],
  {
    except,
    signal,
  }: { readonly except: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<readonly Route[]> {
  const chunks = { size: MAX_BATCH_GET_ITEMS, width: MAX_BATCHES_IN_FLIGHT };
  const kept = await inChunks(routes, chunks, async (chunk) => {
    const asked = chunk.map((route) => ({ route, key: keyOfSubscription(table, route) }));
    const items = await batchGet(
      table,
      asked.map(({ key }) => key),
      signal,
    );
    const owners = new Map(
      items.map((item) => [
        keyText({ pk: String(item.pk), sk: String(item.sk) }),
        // Whose it is does not matter here.
        toSubscriptionRow("", item),
      ]),
    );
    const now = nowSeconds(table);
    return asked
      .filter(({ route, key }) =>
        isFoundByNoOther(route, owners.get(keyText(key)), { except, now }),
      )
      .map(({ route }) => route);
  });
  return kept.flat();
}

function keyOfSubscription(
  { keys }: TableAccess,
  { subscriber }: Route,
): ReturnType<typeof keys.subscription> {
  return keys.subscription(subscriber.connectionId, subscriber.id);
}
