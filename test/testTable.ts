import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { table } from "trpc-aws-subscriptions";
import { inject } from "vitest";

/** A row as it is in the table. */
export type Row = Readonly<Record<string, unknown>> & {
  readonly pk: string;
  readonly sk: string;
  readonly expireAt: number;
};

/** A table of its own on the emulator that all test files share; `dynamodb()` takes it as it is. */
export class TestTable {
  readonly tableName: string;
  readonly dynamoDBClient: DynamoDBClient = emulatorClient();
  readonly #observer = emulatorClient();

  constructor(tableName: string) {
    this.tableName = tableName;
  }

  /** Another client of the same emulator. */
  get observer(): DynamoDBClient {
    return this.#observer;
  }

  /** Every row, all pages, by `pk` and `sk`. */
  async rows(): Promise<readonly Row[]> {
    const client = DynamoDBDocumentClient.from(this.#observer);
    const found: Row[] = [];
    for await (const page of paginateScan({ client }, { TableName: this.tableName })) {
      found.push(...((page.Items ?? []) as Row[]));
    }
    const order = ({ pk, sk }: Row): string => JSON.stringify([pk, sk]);
    return found.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** The rows publishers find subscribers by. */
  async routeRows(): Promise<readonly Row[]> {
    return (await this.rows()).filter(({ pk }) => pk.includes("path#"));
  }

  async stop(): Promise<void> {
    this.dynamoDBClient.destroy();
    this.#observer.destroy();
  }
}

/**
 * A client of the emulator, without what is a third of the SDK's work for a call and is not looked at here: a signature that
 * the emulator does not verify, and the parameters as text for a logger's `info`.
 */
export function emulatorClient(): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: inject("dynamoDBEndpoint"),
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    signer: {
      async sign(request) {
        Object.assign(request.headers, UNVERIFIED);
        return request;
      },
    },
    logger: WITHOUT_INFO,
  });
}

/** What a signed request has to have. */
const UNVERIFIED = {
  authorization:
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
  "x-amz-date": "20260101T000000Z",
};

const WITHOUT_INFO = {
  debug: () => undefined,
  warn: () => undefined,
  error: () => undefined,
} as NonNullable<DynamoDBClientConfig["logger"]>;

/** Options of a table. */
export interface TestTableOptions {
  /** It tells of changes. @defaultValue false */
  readonly stream?: boolean;
}

/** Names of a table's keys. */
type KeyNames = readonly [partitionKey: string, sortKey: string];

const OUR_KEYS: KeyNames = [table.partitionKey.name, table.sortKey.name];

/** Creates a table whose name the test needs to know; its keys are ours unless others are given. */
export async function createNamedTable(
  tableName: string,
  [partitionKey, sortKey]: KeyNames = OUR_KEYS,
  { stream = false }: TestTableOptions = {},
): Promise<void> {
  const client = emulatorClient();
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      ...(stream && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
      }),
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
  client.destroy();
}

/** Creates a fresh table, with a view of its rows. */
export async function createTestTable(
  keys: KeyNames = OUR_KEYS,
  options: TestTableOptions = {},
): Promise<TestTable> {
  const tableName = `test-${randomUUID()}`;
  await createNamedTable(tableName, keys, options);
  return new TestTable(tableName);
}
