import { ResourceNotFoundException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { TableError } from "../../errors.ts";
import type { Keys } from "../keys.ts";
import type { EpochMs, EpochSeconds } from "../types.ts";
import { withRetry } from "./retry.ts";
import { table as definition } from "./table.ts";

/** The one table, as every operation gets it. */
export interface TableAccess {
  readonly tableName: string;
  readonly client: DynamoDBDocumentClient;
  readonly keys: Keys;
  readonly maxSubscriptions: number;
  /** Limits every connection's rows further. */
  readonly ttlSeconds: number | undefined;
  /** Now, in milliseconds. */
  now(): EpochMs;
}

/** Now, in the unit of `expireAt`. */
export function nowSeconds(table: TableAccess): EpochSeconds {
  return Math.floor(table.now() / 1000);
}

/** What reading a connection takes. */
export function readingOf(table: TableAccess): {
  readonly tableName: string;
  readonly now: EpochSeconds;
} {
  return { tableName: table.tableName, now: nowSeconds(table) };
}

/** What the client's `send` gets besides the command. */
interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * Makes one call to DynamoDB; every call goes through here.
 *
 * @param signal - ends the call and the waiting between its tries, which reject with its reason then
 * @throws {@link TableError} when the table does not exist or has other keys
 */
export async function call<T>(
  table: Pick<TableAccess, "tableName">,
  send: (options: SendOptions) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const options = signal === undefined ? {} : { abortSignal: signal };
  try {
    return await withRetry(() => send(options), signal);
  } catch (error) {
    // The SDK and Node have errors of their own for it, which do not tell the reason.
    if (signal?.aborted === true && isAbortError(error)) throw signal.reason;
    throw explain(table.tableName, error);
  }
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function explain(tableName: string, error: unknown): unknown {
  const { partitionKey, sortKey } = definition;
  if (error instanceof ResourceNotFoundException) {
    return new TableError(
      tableName,
      `table "${tableName}" does not exist in the client's region and account. Create it with partition key "${partitionKey.name}" and sort key "${sortKey.name}", both strings, or correct \`tableName\`.`,
      { cause: error },
    );
  }
  if (speaksOfKeys(error)) {
    return new TableError(
      tableName,
      `table "${tableName}" has other keys than partition key "${partitionKey.name}" and sort key "${sortKey.name}", both strings. Keys of a table cannot be changed: create another one.`,
      { cause: error },
    );
  }
  return error;
}

// DynamoDB has no code of its own for it: "The provided key element does not match the schema", "Missing the key sk in
// the item", "Query condition missed key schema element: sk", "Type mismatch for key pk expected: N actual: S".
const KEY_PROBLEM =
  /key element|key schema|missing the key|type mismatch for key|number of conditions on the keys/i;

function speaksOfKeys(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    return (error.CancellationReasons ?? []).some(
      (reason) => reason.Code === "ValidationError" && KEY_PROBLEM.test(reason.Message ?? ""),
    );
  }
  return (
    error instanceof Error &&
    error.name === "ValidationException" &&
    KEY_PROBLEM.test(error.message)
  );
}
