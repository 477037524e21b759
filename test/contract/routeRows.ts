import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { keysOf, routeSortKey } from "../../src/store/keys.ts";
import { API, END_SECONDS, PATH, START_MS } from "../../src/testing/store/world.ts";
import type { TestTable } from "../testTable.ts";

/** One route row that no store has written. */
export interface RawRoute {
  readonly path?: string;
  readonly filter?: string;
  readonly shard?: number;
  readonly connectionId: string;
  readonly requestTimeMs?: number;
  readonly expireAt?: number;
}

/** Connection ids as long as API Gateway's. */
export function connectionIds(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `L0SM9cOF${from + index + 1_000_000}=`);
}

/** Writes route rows without their subscriptions: many of them take seconds, and not minutes. */
export async function putRoutes(table: TestTable, routes: readonly RawRoute[]): Promise<void> {
  const client = DynamoDBDocumentClient.from(table.observer);
  const keys = keysOf(undefined);
  for (let from = 0; from < routes.length; from += 25) {
    const requests = routes.slice(from, from + 25).map((route) => {
      const { connectionId, requestTimeMs = START_MS } = route;
      const subscriber = { connectionId, id: 1, jsonrpc: false };
      const pk = keys.path(route.path ?? PATH, route.shard ?? 0);
      const sk = routeSortKey(route.filter, { subscriber, requestTimeMs, api: API });
      return { PutRequest: { Item: { pk, sk, expireAt: route.expireAt ?? END_SECONDS } } };
    });
    await client.send(new BatchWriteCommand({ RequestItems: { [table.tableName]: requests } }));
  }
}
