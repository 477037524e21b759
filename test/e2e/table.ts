import { randomUUID } from "node:crypto";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { table } from "trpc-aws-subscriptions";
import { inject } from "vitest";

/** A row as it is in the table. */
export type Row = Readonly<Record<string, unknown>> & {
  readonly pk: string;
  readonly sk: string;
  readonly expireAt: number;
};

/** A fresh table of the shared emulator. */
export interface TestTable {
  readonly tableName: string;
  readonly dynamoDBClient: DynamoDBClient;
  /** Every row, all pages. */
  rows(): Promise<readonly Row[]>;
  /** The rows publishers find subscribers by. */
  routeRows(): Promise<readonly Row[]>;
  stop(): void;
}

/** A client of the emulator that all tests share. */
export function emulatorClient(): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: inject("dynamoDBEndpoint"),
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
}

/** Creates a table of the package's own definition. */
export async function createNamedTable(tableName: string): Promise<void> {
  const dynamoDBClient = emulatorClient();
  const { partitionKey, sortKey } = table;
  await dynamoDBClient.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [partitionKey, sortKey].map(({ name, type }) => ({
        AttributeName: name,
        AttributeType: type,
      })),
      KeySchema: [
        { AttributeName: partitionKey.name, KeyType: "HASH" },
        { AttributeName: sortKey.name, KeyType: "RANGE" },
      ],
    }),
  );
  dynamoDBClient.destroy();
}

/** A fresh table, with a view of its rows. */
export async function createTestTable(): Promise<TestTable> {
  const tableName = `test-${randomUUID()}`;
  await createNamedTable(tableName);
  const dynamoDBClient = emulatorClient();
  const scanner = DynamoDBDocumentClient.from(emulatorClient());
  const rows = async (): Promise<readonly Row[]> => {
    const found: Row[] = [];
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await scanner.send(
        new ScanCommand({ TableName: tableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
      );
      found.push(...((page.Items ?? []) as Row[]));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return found;
  };
  return {
    tableName,
    dynamoDBClient,
    rows,
    routeRows: async () => (await rows()).filter((row) => row.pk.includes("path#")),
    stop() {
      dynamoDBClient.destroy();
      scanner.destroy();
    },
  };
}
