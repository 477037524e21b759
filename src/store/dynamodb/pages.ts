import { ProvisionedThroughputExceededException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { MAX_BATCH_GET_ITEMS, MAX_BATCH_WRITE_ITEMS } from "../../protocol/limits.ts";
import { type RowKey, uniqueKeys } from "../rows.ts";
import { call, nowSeconds, type TableAccess } from "./access.ts";
import { LIVE } from "./conditions.ts";
import type { Item } from "./items.ts";
import { retryBudget } from "./retry.ts";

/** Batches of one deletion that are under way at the same time. */
const MAX_BATCHES_IN_FLIGHT = 4;

/** The live rows of a partition whose sort key has a prefix, strongly consistent, a page (at most 1 MB) at a time. */
export async function* queryPages(
  table: TableAccess,
  partition: { readonly pk: string; readonly prefix: string },
): AsyncGenerator<readonly Item[], void, undefined> {
  let from: QueryCommandInput["ExclusiveStartKey"];
  do {
    const now = nowSeconds(table);
    const query = new QueryCommand({
      TableName: table.tableName,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      FilterExpression: LIVE,
      ExpressionAttributeValues: {
        ":pk": partition.pk,
        ":prefix": partition.prefix,
        ":now": now,
      },
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    const page = await call(table, () => table.client.send(query));
    // A page may be empty and still not be the last: the filter works after the page is cut.
    yield page.Items ?? [];
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}

/** Reads rows by key, strongly consistent, in any order; rows that are not there are left out. */
export async function batchGet(
  table: TableAccess,
  keys: readonly RowKey[],
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (const chunk of chunksOf(uniqueKeys(keys), MAX_BATCH_GET_ITEMS)) {
    const again = retryBudget();
    let left: readonly Record<string, unknown>[] = chunk.map(({ pk, sk }) => ({ pk, sk }));
    for (;;) {
      const request = { [table.tableName]: { Keys: [...left], ConsistentRead: true } };
      const command = new BatchGetCommand({ RequestItems: request });
      const result = await call(table, () => table.client.send(command));
      items.push(...(result.Responses?.[table.tableName] ?? []));
      left = result.UnprocessedKeys?.[table.tableName]?.Keys ?? [];
      if (left.length === 0) break;
      if (!(await again())) throw throttled(`${left.length} keys were not read`);
    }
  }
  return items;
}

/** Deletes rows; those that are not there are no error. Without keys there is no request. */
export async function deleteRows(table: TableAccess, keys: readonly RowKey[]): Promise<void> {
  const chunks = chunksOf(uniqueKeys(keys), MAX_BATCH_WRITE_ITEMS);
  const worker = async (): Promise<void> => {
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      await deleteChunk(table, chunk);
    }
  };
  const workers = Array.from({ length: Math.min(MAX_BATCHES_IN_FLIGHT, chunks.length) }, worker);
  // All of them first: none may be at work when this function has rejected.
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
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

function chunksOf<T>(values: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
