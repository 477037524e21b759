import { SubscriptionsError } from "../errors.ts";
import type { LocalDynamoDBClientConfig } from "./dynamodb.ts";
import type { ApiRecord } from "./streamEvent.ts";

/** A part of a stream. */
export interface Shard {
  readonly ShardId: string;
  /** The shard that this one goes on from; perhaps one that is gone by now. */
  readonly ParentShardId?: string;
}

/** Where in a shard to begin. */
export type ShardPosition =
  | { readonly ShardIteratorType: "TRIM_HORIZON" | "LATEST" }
  | { readonly ShardIteratorType: "AFTER_SEQUENCE_NUMBER"; readonly SequenceNumber: string };

/** A table that has a stream. */
export interface StreamedTable {
  readonly streamArn: string;
  readonly partitionKey: string;
}

/** What came of reading a shard. */
export interface RecordPage {
  readonly Records: readonly ApiRecord[];
  /** `undefined` at the end of a shard that gets no more changes. */
  readonly NextShardIterator?: string;
}

interface TablePage {
  readonly Table: {
    readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
    readonly LatestStreamArn?: string;
    readonly StreamSpecification?: { readonly StreamEnabled?: boolean };
  };
}

interface ShardPage {
  readonly StreamDescription: {
    readonly Shards: readonly Shard[];
    readonly LastEvaluatedShardId?: string;
  };
}

/** What a DynamoDB answered instead; its `name` is the error's own. */
class StreamApiError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * The few calls that a stream is read with. They are sent without the SDK, since Lambda hands on to handlers just what is in
 * these answers, and the SDK's client for streams would be another package to install.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
export class StreamApi {
  readonly #config: LocalDynamoDBClientConfig;
  readonly #signal: AbortSignal;

  /** @param signal - ends calls under way */
  constructor(config: LocalDynamoDBClientConfig, signal: AbortSignal) {
    this.#config = config;
    this.#signal = signal;
  }

  /** @throws {@link SubscriptionsError} `LOCAL` when there is no such table, or it has no stream */
  async table(tableName: string): Promise<StreamedTable> {
    const { Table } = await this.#call<TablePage>("DynamoDB_20120810.DescribeTable", {
      TableName: tableName,
    }).catch((error: unknown) => {
      if (!isNamed(error, "ResourceNotFoundException")) throw error;
      const problem = `there is no table "${tableName}" at ${this.#config.endpoint}`;
      throw new SubscriptionsError("LOCAL", problem, { cause: error });
    });
    const { KeySchema, LatestStreamArn, StreamSpecification } = Table;
    if (LatestStreamArn === undefined || StreamSpecification?.StreamEnabled !== true) {
      throw new SubscriptionsError(
        "LOCAL",
        `table "${tableName}" has no stream. Switch it on with createTable({ tableName, table, stream: true }); if it has none after that, the emulator at ${this.#config.endpoint} has no streams.`,
      );
    }
    const partitionKey = KeySchema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName ?? "";
    return { streamArn: LatestStreamArn, partitionKey };
  }

  /** Every shard that the stream still has. */
  async shards(streamArn: string): Promise<readonly Shard[]> {
    const shards: Shard[] = [];
    let last: string | undefined;
    do {
      const { StreamDescription } = await this.#callStreams<ShardPage>("DescribeStream", {
        StreamArn: streamArn,
        ExclusiveStartShardId: last,
      });
      shards.push(...StreamDescription.Shards);
      last = StreamDescription.LastEvaluatedShardId;
    } while (last !== undefined);
    return shards;
  }

  async iterator(streamArn: string, shardId: string, position: ShardPosition): Promise<string> {
    const { ShardIterator } = await this.#callStreams<{ readonly ShardIterator: string }>(
      "GetShardIterator",
      { StreamArn: streamArn, ShardId: shardId, ...position },
    );
    return ShardIterator;
  }

  records(iterator: string): Promise<RecordPage> {
    return this.#callStreams<RecordPage>("GetRecords", { ShardIterator: iterator });
  }

  async #callStreams<TAnswer>(operation: string, input: object): Promise<TAnswer> {
    try {
      return await this.#call<TAnswer>(`DynamoDBStreams_20120810.${operation}`, input);
    } catch (error) {
      if (!isNamed(error, "UnknownOperationException")) throw error;
      const problem = `the emulator at ${this.#config.endpoint} has no DynamoDB Streams`;
      throw new SubscriptionsError("LOCAL", problem, { cause: error });
    }
  }

  async #call<TAnswer>(target: string, input: object): Promise<TAnswer> {
    const { endpoint } = this.#config;
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": target,
        ...this.#identity(),
      },
      body: JSON.stringify(input),
      signal: this.#signal,
    }).catch((cause: unknown) => {
      throw new SubscriptionsError("LOCAL", `no DynamoDB answers at ${endpoint}`, { cause });
    });
    const text = await response.text();
    if (!response.ok) throw errorOf(response.status, text);
    return JSON.parse(text) as TAnswer;
  }

  /** Who asks and when, as a signed request has it: emulators want to see that, and some keep tables apart by it. */
  #identity(): Record<string, string> {
    const { region, credentials } = this.#config;
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = `${credentials.accessKeyId}/${time.slice(0, 8)}/${region}/dynamodb/aws4_request`;
    const signature = "0".repeat(64);
    return {
      "x-amz-date": time,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    };
  }
}

/** Tells an error of DynamoDB by its name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof StreamApiError && error.name === name;
}

function errorOf(status: number, text: string): StreamApiError {
  return new StreamApiError(typeIn(text) ?? `HTTP ${status}`, text);
}

/** Name of an error, without the service's before it; `undefined` where something else has answered. */
function typeIn(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const type: unknown =
      typeof body === "object" && body !== null ? Reflect.get(body, "__type") : undefined;
    return typeof type === "string" ? type.split("#").at(-1) : undefined;
  } catch {
    return undefined;
  }
}
