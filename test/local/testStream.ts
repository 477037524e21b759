import { randomUUID } from "node:crypto";
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { inject, onTestFinished, vi } from "vitest";
import {
  type LocalDynamoDB,
  type LocalStream,
  type StreamEvent,
  type StreamOptions,
  startDynamoDB,
  startStream,
  type TableDefinition,
} from "../../src/local/index.ts";

export const table: TableDefinition = {
  partitionKey: { name: "pk", type: "S" },
  sortKey: { name: "sk", type: "S" },
  timeToLiveAttribute: "expireAt",
};

/** The emulator that all test files share. */
export async function sharedDynamoDB(): Promise<LocalDynamoDB> {
  vi.stubEnv("DYNAMODB_ENDPOINT", inject("dynamoDBEndpoint"));
  const dynamoDB = await startDynamoDB();
  vi.unstubAllEnvs();
  return dynamoDB;
}

export interface StreamedTestTable {
  readonly tableName: string;
  readonly dynamoDB: LocalDynamoDB;
  readonly client: DynamoDBClient;
  /** Puts rows in this order. `a1` has the partition key `a` and the sort key `a1`. */
  put(...rows: string[]): Promise<void>;
  putItem(item: NonNullable<PutItemCommandInput["Item"]>): Promise<void>;
  delete(row: string): Promise<void>;
  /** Starts a stream that stops with the test and tries again at once. */
  start(options: Partial<StreamOptions> & Pick<StreamOptions, "handler">): Promise<LocalStream>;
}

const keyOf = (row: string) => ({ pk: { S: row.slice(0, 1) }, sk: { S: row } });

/** A table with a stream, and rows in it. */
export async function streamedTable(...rows: string[]): Promise<StreamedTestTable> {
  const dynamoDB = await sharedDynamoDB();
  const tableName = `stream-${randomUUID()}`;
  await dynamoDB.createTable({ tableName, table, stream: true });
  const client = new DynamoDBClient(dynamoDB.clientConfig);
  onTestFinished(() => client.destroy());
  const it: StreamedTestTable = {
    tableName,
    dynamoDB,
    client,
    async put(...rows) {
      for (const row of rows) await it.putItem(keyOf(row));
    },
    async putItem(Item) {
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
    async delete(row) {
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: keyOf(row) }));
    },
    async start(options) {
      const own = { dynamoDB, tableName, retryDelayMs: 0, pollIntervalMs: 5 };
      const stream = await startStream({ ...own, ...options });
      onTestFinished(() => stream.stop());
      return stream;
    },
  };
  await it.put(...rows);
  return it;
}

/** The rows of an event. */
export const rowsOf = ({ Records }: StreamEvent): string[] =>
  Records.map(({ dynamodb: { Keys } }) => {
    const key = Keys["sk"];
    return key !== undefined && "S" in key ? key.S : "";
  });

export interface NotingStreamHandler {
  /** The rows of each event. */
  readonly batches: readonly (readonly string[])[];
  readonly handler: (event: StreamEvent) => Promise<unknown>;
}

/** A handler that notes what it was given, and then answers as it is told. */
export function noting(
  answer: (event: StreamEvent, nth: number) => unknown = () => undefined,
): NotingStreamHandler {
  const batches: string[][] = [];
  const handler = async (event: StreamEvent): Promise<unknown> => {
    batches.push(rowsOf(event));
    return answer(event, batches.length);
  };
  return { batches, handler };
}

/** The answer that these rows failed. */
export const failing = (event: StreamEvent, ...rows: string[]): object => ({
  batchItemFailures: rows.map((row) => ({
    itemIdentifier: event.Records[rowsOf(event).indexOf(row)]?.dynamodb.SequenceNumber,
  })),
});
