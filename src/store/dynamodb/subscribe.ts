import { MAX_TRANSACT_ITEMS } from "../../protocol/limits.ts";
import { meetLastFrame } from "../lifecycle.ts";
import type { Connection, NewSubscription, SubscribeOutcome } from "../types.ts";
import { nowSeconds, readingOf, type TableAccess } from "./access.ts";
import { deleteRows } from "./batches.ts";
import { type Item, toConnection, toSubscriptionRow } from "./items.ts";
import { retryBudget } from "./retry.ts";
import { roomOf } from "./room.ts";
import {
  type Attempt,
  attempt,
  type Refusal,
  storeTogether,
  writesOf,
} from "./subscribeTransaction.ts";

/** Stores the subscriptions of one frame: in one transaction where they fit, else one after another. */
export async function subscribe(
  table: TableAccess,
  connection: Connection,
  subscriptions: readonly NewSubscription[],
): Promise<readonly SubscribeOutcome[]> {
  const attempts = subscriptions.map((one) => attempt(table, connection, one));
  refuseRepeatedIds(attempts);
  for (const group of transactions(attempts.filter(isPending))) {
    await storeGroup(table, connection, group);
    // What ends one group this way would end the ones behind it too, at the price of a refused transaction each.
    const last = group.find(({ outcome }) => isFinal(outcome))?.outcome;
    if (last !== undefined) settle(attempts.filter(isPending), last);
  }
  return attempts.map(({ outcome }) => outcome ?? { status: "active" });
}

function refuseRepeatedIds(attempts: readonly Attempt[]): void {
  const ids = new Set<NewSubscription["id"]>();
  for (const one of attempts) {
    if (ids.has(one.subscription.id)) one.outcome = { status: "duplicate" };
    ids.add(one.subscription.id);
  }
}

function transactions(attempts: readonly Attempt[]): readonly (readonly Attempt[])[] {
  const groups: Attempt[][] = [];
  let room = 0;
  for (const one of attempts) {
    if (writesOf(one) > room) {
      groups.push([]);
      // One write is the connection's.
      room = MAX_TRANSACT_ITEMS - 1;
    }
    groups.at(-1)?.push(one);
    room -= writesOf(one);
  }
  return groups;
}

function isPending(one: Attempt): boolean {
  return one.outcome === undefined;
}

function isFinal(outcome: SubscribeOutcome | undefined): boolean {
  return outcome?.status === "closed" || outcome?.status === "limit";
}

function settle(attempts: readonly Attempt[], outcome: SubscribeOutcome): void {
  for (const one of attempts) one.outcome = outcome;
}

/** Gives every attempt its outcome. One that cannot be stored never keeps another one out. */
async function storeGroup(
  table: TableAccess,
  connection: Connection,
  group: readonly Attempt[],
): Promise<void> {
  const again = retryBudget();
  for (
    let pending = group.filter(isPending);
    pending.length > 0;
    pending = pending.filter(isPending)
  ) {
    const refusal = await storeTogether(table, connection, pending);
    if (refusal === undefined) {
      settle(pending, { status: "active" });
    } else {
      const wiser = await learn(table, pending, { connection, refusal });
      if (!wiser && !(await again())) throw refusal.error;
    }
  }
}

/**
 * Draws the conclusions of a refused transaction.
 *
 * @returns `false` when nothing is left to do but the same again
 */
async function learn(
  table: TableAccess,
  pending: readonly Attempt[],
  { connection, refusal }: { readonly connection: Connection; readonly refusal: Refusal },
): Promise<boolean> {
  const { connectionId } = connection;
  const full = refusal.connection;
  if (full !== undefined && toConnection(connectionId, full, readingOf(table)) === undefined) {
    settle(pending, { status: "closed" });
    return true;
  }
  let wiser = false;
  for (const [one, item] of refusal.inTheWay) {
    if (await meet(table, connectionId, { one, item })) wiser = true;
    // Ours, though the answer was lost, and not another invocation's that runs the hooks.
    if (refusal.wasSentBefore && one.outcome?.status === "active")
      one.outcome = { status: "active" };
  }
  // Those that were in the way may be ours already, and need no room.
  if (wiser || full === undefined) return wiser;
  const wanted = new Set(pending.map(({ subscription }) => subscription.id));
  const room = await roomOf(table, connectionId, { item: full, wanted });
  if (room === undefined) return false;
  settle(pending.slice(room), { status: "limit", maxSubscriptions: table.maxSubscriptions });
  return true;
}

/** @returns `false` when the row that was in the way has gone since */
async function meet(
  table: TableAccess,
  connectionId: string,
  { one, item }: { readonly one: Attempt; readonly item: Item },
): Promise<boolean> {
  const row = toSubscriptionRow(connectionId, item);
  if (row.expireAt <= nowSeconds(table)) return false;
  const verdict = meetLastFrame(row, one.subscription);
  if (verdict !== "replace") {
    one.outcome = verdict;
    return true;
  }
  // The tombstone is their last owner, and about to be overwritten.
  await deleteRows(table, row.routes);
  const wiser = one.replaces !== row.requestTimeMs;
  one.replaces = row.requestTimeMs;
  return wiser;
}
