import type { AttributeMap } from "./attributeValue.ts";

/**
 * What is read of a change in the event Lambda makes of a DynamoDB stream.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
export interface DynamoDBStreamRecord {
  /** `INSERT`, `MODIFY` or `REMOVE`. */
  readonly eventName?: string | undefined;
  /** `aws:dynamodb`. */
  readonly eventSource?: string | undefined;
  readonly dynamodb?:
    | {
        readonly Keys?: AttributeMap | undefined;
        readonly NewImage?: AttributeMap | undefined;
        readonly SequenceNumber?: string | undefined;
        /** What the stream was made to hold; an outbox needs `NEW_IMAGE` or `NEW_AND_OLD_IMAGES`. */
        readonly StreamViewType?: string | undefined;
      }
    | undefined;
}

/** What is read of the event Lambda makes of a DynamoDB stream; `DynamoDBStreamEvent` of `@types/aws-lambda` fits. */
export interface DynamoDBStreamEvent {
  readonly Records: readonly DynamoDBStreamRecord[];
}

/**
 * Where Lambda goes on in the stream: at the record that is named, or behind the event when none is. A
 * `DynamoDBBatchResponse` of `@types/aws-lambda`. Lambda reads it only when the event source mapping has
 * `FunctionResponseTypes: ["ReportBatchItemFailures"]`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export interface DynamoDBStreamResponse {
  // Not readonly: the published type is not, and would not take it.
  batchItemFailures: { itemIdentifier: string }[];
}
