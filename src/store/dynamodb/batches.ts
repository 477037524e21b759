import { ProvisionedThroughputExceededException } from "@aws-sdk/client-dynamodb";
import { BatchGetCommand, BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import { noteThrottled } from "../../events/observer.ts";
import { MAX_BATCH_GET_ITEMS, MAX_BATCH_WRITE_ITEMS } from "../../protocol/limits.ts";
import { uniqueKeys } from "../rows.ts";
import type { RowKey } from "../types.ts";
import { call, type TableAccess } from "./access.ts";
import { inChunks } from "./chunks.ts";
import type { Item } from "./items.ts";
import { retryBudget } from "./retry.ts";

/** Batches of one reading or one deletion that are under way at the same time. */
const MAX_BATCHES_IN_FLIGHT = 4;

/** Reads rows by key, strongly consistent, in any order; rows that are not there are left out. */
export async function batchGet(
  table: Pick<TableAccess, "tableName" | "client">,
  keys: readonly RowKey[],
  signal?: AbortSignal,
): Promise<readonly Item[]> {
  const chunks = { size: MAX_BATCH_GET_ITEMS, width: MAX_BATCHES_IN_FLIGHT };
  const read = (chunk: readonly RowKey[]): Promise<readonly Item[]> => {
    return readChunk(table, chunk, signal);
  };
  return (await inChunks(uniqueKeys(keys), chunks, read)).flat();
}

async function readChunk(
  table: Pick<TableAccess, "tableName" | "client">,
  keys: readonly RowKey[],
  signal: AbortSignal | undefined,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  const again = retryBudget(signal);
  let left: readonly Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
  for (;;) {
    const request = { [table.tableName]: { Keys: [...left], ConsistentRead: true } };
    const command = new BatchGetCommand({ RequestItems: request });
    const result = await call(table, (options) => table.client.send(command, options), signal);
    items.push(...(result.Responses?.[table.tableName] ?? []));
    left = result.UnprocessedKeys?.[table.tableName]?.Keys ?? [];
    if (left.length === 0) return items;
    noteThrottled("table");
    if (!(await again())) throw throttled(`${left.length} keys were not read`);
  }
}

/** Deletes rows; those that are not there are no error. Without keys there is no request. */
export async function deleteRows(table: TableAccess, keys: readonly RowKey[]): Promise<void> {
  const chunks = { size: MAX_BATCH_WRITE_ITEMS, width: MAX_BATCHES_IN_FLIGHT };
  await inChunks(uniqueKeys(keys), chunks, (chunk) => deleteChunk(table, chunk));
}

async function deleteChunk(table: TableAccess, keys: readonly RowKey[]): Promise<void> {
  const again = retryBudget();
  let requests = keys.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
  for (;;) {
    const command = new BatchWriteCommand({ RequestItems: { [table.tableName]: requests } });
    const result = await call(table, () => table.client.send(command));
    requests = (result.UnprocessedItems?.[table.tableName] ?? []).flatMap(({ DeleteRequest }) => {
      const { pk, sk } = DeleteRequest?.Key ?? {};
      return [{ DeleteRequest: { Key: { pk, sk } } }];
    });
    if (requests.length === 0) return;
    noteThrottled("table");
    if (!(await again())) throw throttled(`${requests.length} rows were not deleted`);
  }
}

// The error that DynamoDB would have given, had it refused the whole batch.
function throttled(what: string): ProvisionedThroughputExceededException {
  return new ProvisionedThroughputExceededException({
    $metadata: {},
    message: `${what}: DynamoDB left them unprocessed at every try. The table is throttled; raise its throughput.`,
  });
}
