import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { ClaimOutcome, FanOutLedger, WorkClaim } from "../fanOutLedger.ts";
import { call, nowSeconds, type TableAccess } from "./access.ts";
import { ABSENT, allOf, anyOf, EXPIRED } from "./conditions.ts";
import { fromError, type Item, numberOf, textOf } from "./items.ts";

/** What the processes of one fan-out know of each other, in rows of their own. */
export function fanOuts(table: TableAccess): FanOutLedger {
  return {
    keep: async (fanOutId, text, expireAt) => {
      const Item = { ...table.keys.fanOutText(fanOutId), text, expireAt: Math.floor(expireAt) };
      const put = new PutCommand({ TableName: table.tableName, Item });
      await call(table, () => table.client.send(put));
    },
    kept: async (fanOutId) => {
      const Key = table.keys.fanOutText(fanOutId);
      const get = new GetCommand({ TableName: table.tableName, Key, ConsistentRead: true });
      const { Item } = await call(table, () => table.client.send(get));
      if (Item === undefined || numberOf(Item, "expireAt") <= nowSeconds(table)) return undefined;
      return textOf(Item, "text");
    },
    claim: (claim) => claimPart(table, claim),
    finish: (part) => finish(table, part),
  };
}

type Refusal = { readonly there: Item };

async function claimPart(table: TableAccess, claim: WorkClaim): Promise<ClaimOutcome> {
  // Tells our own row from another's where the SDK repeats a call whose answer was lost.
  const claimId = randomUUID();
  const first = await putClaim(table, claim, claimId);
  if (first === undefined) return { status: "claimed", repeated: false, end: claim.end };
  const { there } = first;
  if (there.claimId === claimId) return { status: "claimed", repeated: false, end: claim.end };
  const leaseUntil = numberOf(there, "leaseUntil");
  if (there.state === "DONE") return { status: "done" };
  if (leaseUntil > table.now()) return { status: "busy", leaseUntil };
  const second = await takeOver(table, claim, { claimId, from: there.claimId });
  if (second === undefined || second.there.claimId === claimId) {
    return { status: "claimed", repeated: true, end: textOf(there, "end") ?? "" };
  }
  if (second.there.state === "DONE") return { status: "done" };
  return { status: "busy", leaseUntil: numberOf(second.there, "leaseUntil") };
}

/** @returns the row that is there, or `undefined` when it is ours now */
async function putClaim(
  table: TableAccess,
  { fanOutId, part, end, leaseUntil, expireAt }: WorkClaim,
  claimId: string,
): Promise<Refusal | undefined> {
  const put = new PutCommand({
    TableName: table.tableName,
    Item: {
      ...table.keys.fanOutPart(fanOutId, part),
      expireAt: Math.floor(expireAt),
      state: "CLAIMED",
      claimId,
      leaseUntil,
      end,
    },
    ConditionExpression: anyOf(ABSENT, EXPIRED),
    ExpressionAttributeValues: { ":now": nowSeconds(table) },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  return refusal(call(table, () => table.client.send(put)));
}

/** @returns the row that is there, or `undefined` when it is ours now */
async function takeOver(
  table: TableAccess,
  { fanOutId, part, leaseUntil, expireAt }: WorkClaim,
  { claimId, from }: { readonly claimId: string; readonly from: unknown },
): Promise<Refusal | undefined> {
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.fanOutPart(fanOutId, part),
    UpdateExpression: "SET claimId = :id, leaseUntil = :until, expireAt = :end",
    // Whose lease it was, and not that it has run out: the clocks of two processes need not agree.
    ConditionExpression: allOf("claimId = :from", "#state = :claimed"),
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: {
      ":id": claimId,
      ":until": leaseUntil,
      ":end": Math.floor(expireAt),
      ":from": from,
      ":claimed": "CLAIMED",
    },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  return refusal(call(table, () => table.client.send(update)));
}

async function finish(
  table: TableAccess,
  { fanOutId, part }: Pick<WorkClaim, "fanOutId" | "part">,
): Promise<void> {
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.fanOutPart(fanOutId, part),
    UpdateExpression: "SET #state = :done",
    // A row made here would have no `expireAt`.
    ConditionExpression: "attribute_exists(pk)",
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: { ":done": "DONE" },
  });
  await refusal(call(table, () => table.client.send(update)));
}

async function refusal(write: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await write;
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { there: fromError(error.Item ?? {}) };
  }
}
