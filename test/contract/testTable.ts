import { randomUUID } from "node:crypto";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import { table } from "../../src/store/dynamodb/table.ts";

/** A row as it is in the table. */
export type Row = Readonly<Record<string, unknown>>;

/** A table of its own on the emulator that all test files share. */
export interface TestTable {
  readonly tableName: string;
  readonly dynamoDBClient: DynamoDBClient;
  /** Another client of the same emulator. */
  readonly observer: DynamoDBClient;
  /** Every row, by `pk` and `sk`. */
  rows(): Promise<readonly Row[]>;
  /** The rows publishers find subscribers by. */
  routeRows(): Promise<readonly Row[]>;
  stop(): Promise<void>;
}

/** A client of the emulator. */
export function emulatorClient(): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: inject("dynamoDBEndpoint"),
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}

/** Creates a table; its keys are ours unless others are given. */
export async function createTestTable(
  [partitionKey, sortKey]: readonly [string, string] = [
    table.partitionKey.name,
    table.sortKey.name,
  ],
): Promise<TestTable> {
  const tableName = `contract-${randomUUID()}`;
  const dynamoDBClient = emulatorClient();
  const observer = emulatorClient();
  await observer.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [partitionKey, sortKey].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: partitionKey, KeyType: "HASH" },
        { AttributeName: sortKey, KeyType: "RANGE" },
      ],
    }),
  );
  const rows = async (): Promise<readonly Row[]> => {
    const client = DynamoDBDocumentClient.from(observer);
    const found: Row[] = [];
    for await (const page of paginateScan({ client }, { TableName: tableName })) {
      found.push(...(page.Items ?? []));
    }
    const order = ({ pk, sk }: Row): string => JSON.stringify([pk, sk]);
    return found.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  };
  return {
    tableName,
    dynamoDBClient,
    observer,
    rows,
    routeRows: async () => (await rows()).filter(({ pk }) => String(pk).includes("path#")),
    async stop() {
      dynamoDBClient.destroy();
      observer.destroy();
    },
  };
}
