/** What happened in the queue; given to `onEvent`, for logs. */
export type QueueObservation =
  /** A message was taken from a sender. */
  | { readonly type: "sent"; readonly messageId: string; readonly body: string }
  /** A handler finished, or was crashed. */
  | {
      readonly type: "invoked";
      /** The batch, in its order. */
      readonly messageIds: readonly string[];
      /** Those that go back to the queue. */
      readonly failedIds: readonly string[];
      readonly durationMs: number;
      readonly outcome: "returned" | "threw";
      /** What a handler that failed threw; `undefined` when it returned. */
      readonly error: unknown;
    }
  /** A message was received `maxReceiveCount` times without success. */
  | {
      readonly type: "deadLettered";
      readonly messageId: string;
      readonly body: string;
      readonly receiveCount: number;
    }
  /** A request of the API was answered. */
  | {
      readonly type: "requested";
      /** For example `SendMessageBatch`; as the request named it. */
      readonly action: string;
      readonly statusCode: number;
    };
