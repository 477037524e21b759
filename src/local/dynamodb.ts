import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { SubscriptionsError } from "../errors.ts";
import { findDynoxide, startDynoxide } from "./dynoxide.ts";

/** A key attribute of a table. */
export interface KeyAttribute {
  readonly name: string;
  /** `S`, a string. */
  readonly type: "S";
}

/** A table as plain data, as the DynamoDB store exports it. */
export interface TableDefinition {
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute;
  /** Attribute with the epoch seconds after which a row is dead. */
  readonly timeToLiveAttribute: string;
}

/** What `new DynamoDBClient(…)` needs to reach the emulator. */
export interface LocalDynamoDBClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A DynamoDB for development and tests. */
export interface LocalDynamoDB extends LocalDynamoDBClientConfig {
  /** For `new DynamoDBClient(dynamoDB.clientConfig)`. */
  readonly clientConfig: LocalDynamoDBClientConfig;
  /**
   * Creates an on-demand table, waits until it is active and switches its TTL on. A table of that name that exists
   * already is kept as it is. Emulators without TTL are tolerated: the store never relies on it.
   *
   * With `stream: true` it gets a stream of new images, a table that exists already too, unless it has one. Emulators without
   * streams are tolerated until `startStream`.
   *
   * @param definition - `tableName` has 3 to 255 characters; `stream` is false by default
   */
  createTable(definition: {
    readonly tableName: string;
    readonly table: TableDefinition;
    readonly stream?: boolean;
  }): Promise<void>;
  /** Ends the process this call started, its data included; nothing for a `DYNAMODB_ENDPOINT`. */
  stop(): Promise<void>;
}

/**
 * There is no DynamoDB to use: neither `DYNAMODB_ENDPOINT` nor the `dynoxide` program.
 *
 * @category Errors
 */
export class DynamoDBNotFoundError extends SubscriptionsError {
  override readonly name = "DynamoDBNotFoundError";

  constructor() {
    super(
      "LOCAL",
      "found no DynamoDB for local use. Either install one to be started for you: on Linux x64 " +
        "`npm install --save-dev @dynoxide/linux-x64`, elsewhere put a `dynoxide` program on PATH. " +
        "Or set DYNAMODB_ENDPOINT to one that runs already, for example DynamoDB Local at http://127.0.0.1:8000.",
    );
  }
}

/** Emulators accept any credentials; DynamoDB Local keeps tables apart by access key and region, so these are fixed. */
const REGION = "local";
const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };
const ACTIVE_TIMEOUT_SECONDS = 30;

/**
 * Gives a DynamoDB: the one `DYNAMODB_ENDPOINT` names, else a new process in memory of the `dynoxide` program, from
 * the npm package `@dynoxide/linux-x64` or from PATH. The process ends with this one, however this one ends.
 *
 * @throws {@link DynamoDBNotFoundError} when there is neither
 * @throws {@link SubscriptionsError} `LOCAL` when the program does not start
 */
export async function startDynamoDB(): Promise<LocalDynamoDB> {
  const { DYNAMODB_ENDPOINT: running } = process.env;
  if (running !== undefined && running !== "") {
    return localDynamoDB(running, () => Promise.resolve());
  }
  const program = findDynoxide();
  if (program === undefined) throw new DynamoDBNotFoundError();
  const { endpoint, stop } = await startDynoxide(program);
  return localDynamoDB(endpoint, stop);
}

function localDynamoDB(endpoint: string, stop: () => Promise<void>): LocalDynamoDB {
  const clientConfig = { endpoint, region: REGION, credentials: CREDENTIALS };
  return {
    ...clientConfig,
    clientConfig,
    createTable: async ({ tableName, table, stream = false }) => {
      const client = new DynamoDBClient(clientConfig);
      try {
        await createTable(client, tableName, table);
        await enableTimeToLive(client, tableName, table.timeToLiveAttribute);
        if (stream) await enableStream(client, tableName);
      } finally {
        client.destroy();
      }
    },
    stop,
  };
}

async function createTable(
  client: DynamoDBClient,
  tableName: string,
  { partitionKey, sortKey }: TableDefinition,
): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: partitionKey.name, KeyType: "HASH" },
          { AttributeName: sortKey.name, KeyType: "RANGE" },
        ],
        AttributeDefinitions: [partitionKey, sortKey].map(({ name, type }) => ({
          AttributeName: name,
          AttributeType: type,
        })),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilActive(client, tableName);
}

async function waitUntilActive(client: DynamoDBClient, tableName: string): Promise<void> {
  await waitUntilTableExists(
    { client, maxWaitTime: ACTIVE_TIMEOUT_SECONDS, minDelay: 1 },
    { TableName: tableName },
  );
}

async function enableTimeToLive(
  client: DynamoDBClient,
  tableName: string,
  attribute: string,
): Promise<void> {
  try {
    const { TimeToLiveDescription } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: tableName }),
    );
    // DynamoDB refuses to switch on what is on already.
    if (TimeToLiveDescription?.TimeToLiveStatus?.startsWith("ENABL") === true) return;
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: tableName,
        TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
      }),
    );
  } catch (error) {
    if (!isUnknownOperation(error)) throw error;
  }
}

async function enableStream(client: DynamoDBClient, tableName: string): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  // To switch on what is on already would begin a new stream, or be refused.
  if (Table?.StreamSpecification?.StreamEnabled === true) return;
  try {
    await client.send(
      new UpdateTableCommand({
        TableName: tableName,
        StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
      }),
    );
  } catch (error) {
    const knowsNoStreams = error instanceof Error && error.name === "ValidationException";
    if (!knowsNoStreams && !isUnknownOperation(error)) throw error;
  }
  await waitUntilActive(client, tableName);
}

const isUnknownOperation = (error: unknown): boolean =>
  error instanceof Error && error.name === "UnknownOperationException";
