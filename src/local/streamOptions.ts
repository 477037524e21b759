import type { LambdaContext } from "../adapters/api-gateway/event.ts";
import { SubscriptionsError } from "../errors.ts";
import type { BatchCrash } from "./batchInvocation.ts";
import type { LocalDynamoDBClientConfig } from "./dynamodb.ts";
import type { StreamEvent } from "./streamEvent.ts";
import type { StreamObservation } from "./streamObservation.ts";

/** A Lambda handler as the stream's event source mapping calls it; it gets its own copy of the event. */
export type StreamHandler = (
  event: StreamEvent,
  context: Required<LambdaContext>,
) => Promise<unknown>;

/** Where an invocation dies; see {@link BatchCrash}. */
export type StreamCrash = BatchCrash;

/**
 * Options of `startStream`. Defaults are those of Lambda, unless they say otherwise.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
 */
export interface StreamOptions {
  /** What `startDynamoDB()` gave, or where else an emulator is. Requests are not signed: AWS refuses them. */
  readonly dynamoDB: LocalDynamoDBClientConfig;
  /** A table with a stream: `createTable({ …, stream: true })`. */
  readonly tableName: string;
  /** Gets the changes, as through a Lambda event source mapping. */
  readonly handler: StreamHandler;
  /**
   * Where to begin: `TRIM_HORIZON` with everything that the stream holds, `LATEST` with what is written after
   * `startStream` has resolved.
   *
   * @defaultValue "TRIM_HORIZON"; Lambda has none
   */
  readonly startingPosition?: "TRIM_HORIZON" | "LATEST";
  /** Changes in one invocation at most, 1 to 10,000. @defaultValue 100 */
  readonly batchSize?: number;
  /**
   * Invocations under way at once for one shard, 1 to 10. Those of one partition key stay one after the other.
   *
   * @defaultValue 1
   */
  readonly parallelizationFactor?: number;
  /**
   * Times a batch that failed is tried again before it is discarded; `Infinity` is Lambda's -1, until it succeeds. What is left
   * of a batch after a partial success is still that batch.
   *
   * @defaultValue Infinity
   */
  readonly maximumRetryAttempts?: number;
  /**
   * Whether a batch that failed is tried again in two halves. Splitting does not count as a try.
   *
   * @defaultValue false
   */
  readonly bisectBatchOnFunctionError?: boolean;
  /**
   * Whether `batchItemFailures` is read. False is a mapping that forgot `FunctionResponseTypes`: what a handler returns
   * is ignored, and changes it failed are lost.
   *
   * @defaultValue true
   */
  readonly reportBatchItemFailures?: boolean;
  /**
   * Time until a batch that failed is tried again; doubles with each failure, up to 30 seconds. 0 is at once: for tests.
   *
   * @defaultValue 500; Lambda's is not documented
   */
  readonly retryDelayMs?: number;
  /** Time between two looks at the stream while nothing comes. @defaultValue 250: Lambda looks four times a second */
  readonly pollIntervalMs?: number;
  /**
   * What `getRemainingTimeInMillis()` counts down from. A handler that runs longer counts as failed and is not waited
   * for any more, but cannot be killed.
   *
   * @defaultValue 30,000
   */
  readonly lambdaTimeoutMs?: number;
  /** Called with everything that happens, synchronously. It must not throw. */
  readonly onEvent?: (observation: StreamObservation) => void;
  /**
   * Fault injection: true loses Lambda's note that the batch was done, so the handler is invoked with the same event once
   * more, after the first time.
   */
  readonly duplicate?: (event: StreamEvent) => boolean;
  /** Fault injection: lets an invocation die; its whole batch comes again. */
  readonly crash?: (event: StreamEvent) => StreamCrash | undefined;
}

type Faults = "duplicate" | "crash";

/** The options with their defaults. */
export type StreamSettings = Required<Omit<StreamOptions, Faults>> & Pick<StreamOptions, Faults>;

const DEFAULTS = {
  startingPosition: "TRIM_HORIZON",
  batchSize: 100,
  parallelizationFactor: 1,
  maximumRetryAttempts: Number.POSITIVE_INFINITY,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: true,
  retryDelayMs: 500,
  pollIntervalMs: 250,
  lambdaTimeoutMs: 30_000,
  onEvent: () => undefined,
} as const satisfies Partial<StreamOptions>;

const RANGES = {
  batchSize: [1, 10_000],
  parallelizationFactor: [1, 10],
  maximumRetryAttempts: [0, 10_000],
} as const;

/**
 * Fills in the defaults.
 *
 * @throws {@link SubscriptionsError} `LOCAL` when Lambda would not take a number
 */
export function streamSettings(options: StreamOptions): StreamSettings {
  const settings = { ...DEFAULTS, ...options };
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = settings[name as keyof typeof RANGES];
    const isEndless = name === "maximumRetryAttempts" && value === Number.POSITIVE_INFINITY;
    if (isEndless || (Number.isInteger(value) && value >= least && value <= most)) continue;
    throw new SubscriptionsError("LOCAL", `${name} is ${value}: Lambda takes ${least} to ${most}`);
  }
  return settings;
}
