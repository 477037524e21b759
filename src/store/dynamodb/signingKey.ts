import { randomBytes } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { TableError } from "../../errors.ts";
import type { EpochMs } from "../types.ts";
import { call, type TableAccess } from "./access.ts";
import { ABSENT } from "./conditions.ts";
import { fromError, type Item, textOf } from "./items.ts";

/** As long as the output of the SHA-256 it is used with, as RFC 2104, section 3 recommends. */
const KEY_BYTES = 32;

/**
 * Reads the table's signing key, or makes it; of several processes that make one at once, one row stays. It has no
 * `expireAt`: what was signed last year can still be told from a forgery.
 */
export async function signingKey(table: TableAccess): Promise<string> {
  const get = new GetCommand({
    TableName: table.tableName,
    Key: table.keys.signingKey,
    ConsistentRead: true,
  });
  const { Item } = await call(table, (options) => table.client.send(get, options));
  return Item === undefined ? makeKey(table) : keyIn(table, Item);
}

async function makeKey(table: TableAccess): Promise<string> {
  const text = randomBytes(KEY_BYTES).toString("base64url");
  const put = new PutCommand({
    TableName: table.tableName,
    Item: { ...table.keys.signingKey, text },
    ConditionExpression: ABSENT,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await call(table, () => table.client.send(put));
    return text;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return keyIn(table, fromError(error.Item ?? {}));
  }
}

function keyIn({ tableName, keys }: TableAccess, item: Item): string {
  const text = textOf(item, "text");
  if (text !== undefined) return text;
  throw new TableError(
    tableName,
    `row "${keys.signingKey.pk}" of table "${tableName}" holds no signing key, so it was written by somebody else. Delete it; it is made again.`,
  );
}

/**
 * Age from which on a read is not shared any more. DynamoDB answers a `GetItem` within milliseconds; a process of Lambda that is
 * frozen while one is under way may wake up with its socket dead, and the SDK sets no limit to how long an answer may take.
 */
const SHARED_MS = 1_000;

/**
 * Makes a function that works once and says the same ever after. A failure is forgotten, and what hangs is begun anew by
 * whoever asks later: it would hold up every invocation that this process has yet to see.
 *
 * @param now - reads the time, in epoch milliseconds: a monotonic clock may stand still while the process is frozen
 */
export function once<T>(work: () => Promise<T>, now: () => EpochMs): () => Promise<T> {
  let last: { readonly result: Promise<T>; readonly startedAt: EpochMs } | undefined;
  let known: Promise<T> | undefined;
  return () => {
    if (known !== undefined) return known;
    if (last !== undefined && now() - last.startedAt < SHARED_MS) return last.result;
    const own = { result: work(), startedAt: now() };
    last = own;
    own.result.then(
      () => {
        known = own.result;
      },
      () => {
        if (last === own) last = undefined;
      },
    );
    return own.result;
  };
}
