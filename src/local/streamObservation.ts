/**
 * A batch that was given up, as an on-failure destination is told of it: where it is in the stream, not what was in it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export interface DiscardedBatch {
  readonly streamArn: string;
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  /** Changes in it. */
  readonly batchSize: number;
  /** Invocations that it was in. */
  readonly approximateInvokeCount: number;
  readonly condition: "RetryAttemptsExhausted";
}

/** What happened on the way from the stream to the handler; given to `onEvent`, for logs. */
export type StreamObservation =
  /** Changes were read. */
  | {
      readonly type: "read";
      readonly shardId: string;
      /** At least one, in their order. */
      readonly sequenceNumbers: readonly string[];
    }
  /** The stream could not be read; it is tried again. */
  | { readonly type: "readFailed"; readonly error: unknown }
  /** A handler finished, or was crashed. */
  | {
      readonly type: "invoked";
      /** The batch, in its order. */
      readonly sequenceNumbers: readonly string[];
      /** Where the next invocation begins again; `undefined` when all of the batch was done. */
      readonly failedFrom: string | undefined;
      readonly durationMs: number;
      readonly outcome: "returned" | "threw";
      /** What a handler that failed threw; `undefined` when it returned. */
      readonly error: unknown;
    }
  /** A batch was tried `maximumRetryAttempts` times more without success. */
  | ({ readonly type: "discarded" } & DiscardedBatch);
