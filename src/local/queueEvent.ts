import type { ReceivedMessage } from "./queueMessages.ts";

/** No real account. */
export const QUEUE_ACCOUNT_ID: string = "000000000000";
/** Of the event's ARN, and to sign for. */
export const QUEUE_REGION: string = "local";

/**
 * A message in the event of a queue, as Lambda gives it to a handler.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export interface QueueRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  /** System attributes; numbers are texts, times are epoch milliseconds. */
  attributes: {
    ApproximateReceiveCount: string;
    SentTimestamp: string;
    SenderId: string;
    ApproximateFirstReceiveTimestamp: string;
  };
  messageAttributes: Record<string, never>;
  md5OfBody: string;
  eventSource: "aws:sqs";
  eventSourceARN: string;
  awsRegion: string;
}

/** The event of a queue; `SQSEvent` of `@types/aws-lambda` fits. Every invocation gets its own copy. */
export interface QueueEvent {
  Records: QueueRecord[];
}

/** System attributes of a message, by their names in the API. */
export function systemAttributes(message: ReceivedMessage): QueueRecord["attributes"] {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAtMs),
    SenderId: QUEUE_ACCOUNT_ID,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
  };
}

/** The event for a batch. */
export function queueEvent(messages: readonly ReceivedMessage[], queueName: string): QueueEvent {
  return {
    Records: messages.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: systemAttributes(message),
      messageAttributes: {},
      md5OfBody: message.md5OfBody,
      eventSource: "aws:sqs",
      eventSourceARN: `arn:aws:sqs:${QUEUE_REGION}:${QUEUE_ACCOUNT_ID}:${queueName}`,
      awsRegion: QUEUE_REGION,
    })),
  };
}
