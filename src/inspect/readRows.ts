import { QueryCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { call, type TableAccess } from "../store/dynamodb/access.ts";
import { batchGet } from "../store/dynamodb/batches.ts";
import { type Item, toSubscriptionRow } from "../store/dynamodb/items.ts";

/** What reading takes. */
export type ReadAccess = Pick<TableAccess, "tableName" | "client" | "keys">;

interface Page {
  readonly Items?: readonly Item[] | undefined;
  readonly LastEvaluatedKey?: Record<string, unknown> | undefined;
}

/** Every row of the table, strongly consistent, at most 1 MB at a time. */
export async function* scanRows(
  table: ReadAccess,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[], void, undefined> {
  const base = { TableName: table.tableName, ConsistentRead: true };
  yield* pagesOf((from) => {
    const scan = new ScanCommand({
      ...base,
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    return call(table, (options) => table.client.send(scan, options), signal);
  }, signal);
}

/** The rows of one connection, then the routes that its subscriptions list. */
export async function* connectionRows(
  table: ReadAccess,
  connectionId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[], void, undefined> {
  const query = {
    TableName: table.tableName,
    ConsistentRead: true,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": table.keys.connection(connectionId).pk },
  };
  const pages = pagesOf((from) => {
    const next = new QueryCommand({
      ...query,
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    return call(table, (options) => table.client.send(next, options), signal);
  }, signal);
  for await (const page of pages) {
    yield page;
    const listed = page.flatMap((item) => toSubscriptionRow(connectionId, item).routes);
    yield await batchGet(table, listed, signal);
  }
}

async function* pagesOf(
  read: (from: Record<string, unknown> | undefined) => Promise<Page>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[], void, undefined> {
  let from: Record<string, unknown> | undefined;
  do {
    signal?.throwIfAborted();
    const page = await read(from);
    yield page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}
