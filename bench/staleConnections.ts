import type { LocalDynamoDB } from "../src/local/dynamodb.ts";
import { dynamodb } from "../src/store/dynamodb/dynamodb.ts";
import { table } from "../src/store/dynamodb/table.ts";
import type { Connection, Store } from "../src/store/types.ts";
import { audiencePrefix, ROUTE_PATH } from "./programs/routeRow.ts";
import {
  API,
  allItems,
  type BenchTable,
  EXPIRE_AT,
  putItems,
  type RawItem,
  requestIdOf,
  SUBSCRIBED_AT_MS,
} from "./table.ts";

const CONNECTIONS_UNDER_WAY = 16;

/** Connections of an audience that are closed, with every row they had while they were open. */
export interface StaleConnections {
  readonly connectionIds: readonly string[];
  /** Puts their rows back, as they were before a publish cleaned up. */
  restore(): Promise<void>;
  /** What is left: rows by which a publish would find them, and connections that do not say that they are closed. */
  leftovers(): Promise<{ readonly routeRows: number; readonly openConnections: number }>;
}

/** Takes the first connections of an audience for stale, and writes their rows with the library's own store. */
export async function staleConnections(
  dynamoDB: LocalDynamoDB,
  benchTable: BenchTable,
  of: { readonly audience: number; readonly share: number },
): Promise<StaleConnections> {
  const audience = benchTable.audience(of.audience);
  const connectionIds = audience.connectionIds.slice(0, Math.round(of.audience * of.share));
  const { client, tableName } = benchTable;
  // Written into a table of their own, so that they can be taken from there together.
  const source = `${tableName}-stale`;
  await dynamoDB.createTable({ tableName: source, table });
  const store = dynamodb({ tableName: source, dynamoDBClient: client });
  const filter = audiencePrefix(audience);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < connectionIds.length) {
      const index = next++;
      await subscribeOne(store, { connectionId: connectionIds[index] ?? "", filter, index });
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS_UNDER_WAY }, worker));
  const items = await allItems(client, source);
  const stale = new Set(connectionIds);
  return {
    connectionIds,
    restore: () => putItems(client, tableName, items),
    leftovers: async () => leftoversOf(await allItems(client, tableName), stale),
  };
}

async function subscribeOne(
  store: Store,
  one: { readonly connectionId: string; readonly filter: string; readonly index: number },
): Promise<void> {
  const connection: Connection = {
    connectionId: one.connectionId,
    api: API,
    connectedAt: SUBSCRIBED_AT_MS,
    expireAt: EXPIRE_AT,
    paramsExpected: false,
  };
  await store.connect(connection);
  const [outcome] = await store.subscribe(connection, [
    {
      id: requestIdOf(one.index),
      jsonrpc: false,
      requestTimeMs: SUBSCRIBED_AT_MS,
      messageId: `message-${one.index}`,
      path: ROUTE_PATH,
      routes: [{ path: ROUTE_PATH }, { path: ROUTE_PATH, filter: one.filter }],
      shards: 1,
    },
  ]);
  if (outcome?.status !== "active") throw new Error(`subscribe: ${JSON.stringify(outcome)}`);
}

function leftoversOf(
  items: readonly RawItem[],
  stale: ReadonlySet<string>,
): Awaited<ReturnType<StaleConnections["leftovers"]>> {
  let routeRows = 0;
  let openConnections = 0;
  for (const { pk, sk, state } of items) {
    const [, connectionId = ""] = /(?:^|#)connection#([^#]+)/.exec(sk?.S ?? "") ?? [];
    if (!stale.has(connectionId)) continue;
    if (pk?.S?.startsWith("path#") === true) routeRows++;
    else if (state?.S === "OPEN") openConnections++;
  }
  return { routeRows, openConnections };
}
