import {
  BatchWriteItemCommand,
  DynamoDBClient,
  paginateScan,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import type { LocalDynamoDB } from "../src/local/dynamodb.ts";
import { table } from "../src/store/dynamodb/table.ts";
import { keysOf, routeSortKey } from "../src/store/keys.ts";
import type { ApiReference } from "../src/store/types.ts";
import { type Audience, audienceOf } from "./audience.ts";
import { audiencePrefix, ROUTE_PATH } from "./programs/routeRow.ts";

/** The API that all connections belong to. */
export const API: ApiReference = { apiId: "a1b2c3d4e5", stage: "stage" };

/** Time of every subscription's frame. */
export const SUBSCRIBED_AT_MS: number = Date.now();

/** Two hours and a quarter, as rows of connections live. */
export const EXPIRE_AT: number = Math.floor(SUBSCRIBED_AT_MS / 1000) + 8_100;

const BATCH_ITEMS = 25;
const BATCHES_UNDER_WAY = 8;

/** An item in DynamoDB's own form. */
export type RawItem = NonNullable<NonNullable<WriteRequest["PutRequest"]>["Item"]>;

/** What a table is filled with. */
export interface TableContents {
  readonly tableName: string;
  /** Sizes of the audiences; a publish addresses one of them. */
  readonly audiences: readonly number[];
  /** Route rows altogether; those of no audience belong to subscribers of their own. */
  readonly rows: number;
}

/** A filled table. */
export interface BenchTable {
  readonly tableName: string;
  readonly client: DynamoDBClient;
  /** @throws Error for a size that {@link TableContents} does not list */
  audience(size: number): Audience;
}

/** Creates a table and writes its route rows: one for each subscriber, under the filter of two fields. */
export async function fillTable(
  dynamoDB: LocalDynamoDB,
  contents: TableContents,
): Promise<BenchTable> {
  const { tableName, audiences: sizes, rows } = contents;
  await dynamoDB.createTable({ tableName, table });
  const client = new DynamoDBClient(dynamoDB.clientConfig);
  const audiences = sizes.map((size) => audienceOf(`${tableName}/${size}`, size));
  const others = rows - sizes.reduce((sum, size) => sum + size, 0);
  const alone = Array.from({ length: Math.max(0, others) }, (_, n) => audienceOf(`other/${n}`, 1));
  await putItems(client, tableName, [...audiences, ...alone].flatMap(routeItems));
  return {
    tableName,
    client,
    audience: (size) => {
      const found = audiences.find(({ connectionIds }) => connectionIds.length === size);
      if (found === undefined) throw new Error(`${tableName} has no audience of ${size}`);
      return found;
    },
  };
}

/** The id of a subscription: clients count from 1, so they are small numbers. */
export function requestIdOf(index: number): number {
  return 1 + (index % 9);
}

function routeItems(audience: Audience): readonly RawItem[] {
  const pk = keysOf(undefined).path(ROUTE_PATH, 0);
  const filter = audiencePrefix(audience);
  return audience.connectionIds.map((connectionId, index) => {
    const subscriber = { connectionId, id: requestIdOf(index), jsonrpc: false };
    const sk = routeSortKey(filter, { subscriber, requestTimeMs: SUBSCRIBED_AT_MS, api: API });
    return { pk: { S: pk }, sk: { S: sk }, expireAt: { N: String(EXPIRE_AT) } };
  });
}

/** Writes items, replacing those with the same keys. */
export async function putItems(
  client: DynamoDBClient,
  tableName: string,
  items: readonly RawItem[],
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const batch = items.slice(next, next + BATCH_ITEMS);
      next += BATCH_ITEMS;
      const requests = batch.map((item) => ({ PutRequest: { Item: item } }));
      const command = new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } });
      const { UnprocessedItems = {} } = await client.send(command);
      if (Object.keys(UnprocessedItems).length > 0) throw new Error("items were left unprocessed");
    }
  };
  await Promise.all(Array.from({ length: BATCHES_UNDER_WAY }, worker));
}

/** Every item of a table. */
export async function allItems(client: DynamoDBClient, tableName: string): Promise<RawItem[]> {
  const items: RawItem[] = [];
  for await (const page of paginateScan({ client }, { TableName: tableName })) {
    items.push(...(page.Items ?? []));
  }
  return items;
}
