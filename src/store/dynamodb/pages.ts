import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { PartitionQuery } from "../partitions.ts";
import { call, nowSeconds, type TableAccess } from "./access.ts";
import { LIVE } from "./conditions.ts";
import type { Item } from "./items.ts";

/** How the pages of a partition are read. */
interface PageOptions {
  /** Reads the sort keys alone: no cheaper, but less to transfer and to parse. */
  readonly keysOnly?: boolean;
  /** Rows that the first page looks at, at most; without it that page is like the others. */
  readonly firstRows?: number;
  /** Ends the reading, which rejects with its reason then. */
  readonly signal?: AbortSignal;
}

/**
 * The live rows of a partition whose sort key has a prefix, strongly consistent, a page (at most 1 MB) at a time. A
 * page is read when it is asked for.
 */
export async function* queryPages(
  table: TableAccess,
  { pk, prefix, after }: PartitionQuery,
  { keysOnly = false, firstRows, signal }: PageOptions = {},
): AsyncGenerator<readonly Item[], void, undefined> {
  let Limit = firstRows;
  let from: Record<string, unknown> | undefined = after === undefined ? after : { pk, sk: after };
  do {
    signal?.throwIfAborted();
    const query = new QueryCommand({
      TableName: table.tableName,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      FilterExpression: LIVE,
      ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix, ":now": nowSeconds(table) },
      ...(keysOnly && { ProjectionExpression: "sk" }),
      ...(Limit !== undefined && { Limit }),
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    const page = await call(table, (options) => table.client.send(query, options), signal);
    // A page may be empty and still not be the last: the filter works after the page is cut.
    yield page.Items ?? [];
    Limit = undefined;
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}
