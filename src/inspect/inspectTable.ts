import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { documentClientOn } from "../store/dynamodb/documentClient.ts";
import { keysOf } from "../store/keys.ts";
import type { EpochMs } from "../store/types.ts";
import { Collection } from "./collect.ts";
import { connectionRows, scanRows } from "./readRows.ts";
import type { InspectionProgress, TableInspection } from "./types.ts";

/** Options of {@link inspectTable}. */
export interface InspectTableOptions {
  /** Name or ARN of the table. */
  readonly tableName: string;
  /** The client to read with. It needs `dynamodb:Scan`; with `connectionId`, `dynamodb:Query` and `BatchGetItem`. */
  readonly dynamoDBClient: DynamoDBClient | DynamoDBDocumentClient;
  /**
   * The store's `namespace`.
   *
   * @defaultValue the rows without a namespace
   */
  readonly namespace?: string;
  /**
   * Reads this connection alone, in a few calls however large the table is. Left-over rows of its subscriptions are
   * then not found.
   *
   * @defaultValue every connection, by reading the whole table
   */
  readonly connectionId?: string;
  /** Called after each page of at most 1 MB. */
  readonly onProgress?: (progress: InspectionProgress) => void;
  /** Ends the reading, which rejects with its reason. */
  readonly signal?: AbortSignal;
  /**
   * Reads the time, in epoch milliseconds.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => EpochMs;
}

/**
 * Reads who is connected to what, and how much is kept of routes with history, from a table of the DynamoDB store; writes nothing. For development and support: it
 * reads the whole table, 0.5 RCU per 4 KB twice over, since reads are strongly consistent.
 *
 * @example
 * ```ts
 * const { connections, subscriptions } = await inspectTable({ tableName, dynamoDBClient });
 * ```
 * @throws {@link TableError} when the table does not exist
 * @category Local
 */
export async function inspectTable(options: InspectTableOptions): Promise<TableInspection> {
  const { tableName, namespace, connectionId, onProgress, signal, now = Date.now } = options;
  const client = documentClientOn(options.dynamoDBClient);
  const table = { tableName, client, keys: keysOf(namespace) };
  const readAt = now();
  const collection = new Collection(namespace, readAt);
  const pages =
    connectionId === undefined
      ? scanRows(table, signal)
      : connectionRows(table, connectionId, signal);
  let rowsRead = 0;
  for await (const page of pages) {
    for (const item of page) collection.add(item);
    rowsRead += page.length;
    onProgress?.({ rowsRead, isDone: false });
  }
  onProgress?.({ rowsRead, isDone: true });
  return {
    tableName,
    ...(namespace !== undefined && { namespace }),
    readAt,
    connections: collection.connections(),
    subscriptions: collection.subscriptions(),
    histories: collection.histories(),
    rowsRead,
  };
}
