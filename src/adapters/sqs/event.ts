import { QueueError } from "../../errors/fanOut.ts";
import type { QueueMessage } from "../../publisher/queue.ts";

/**
 * What is read of a message in the event Lambda makes of an SQS queue.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
  /** `aws:sqs`. */
  readonly eventSource?: string;
}

/**
 * What is read of the event Lambda makes of an SQS queue; `SQSEvent` of `@types/aws-lambda` fits.
 *
 * @category SQS
 */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

/**
 * Which messages of an event are to be delivered again; an `SQSBatchResponse` of `@types/aws-lambda`. Lambda reads it
 * only when the event source mapping has `FunctionResponseTypes: ["ReportBatchItemFailures"]`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * @category SQS
 */
export interface SqsBatchResponse {
  // Not readonly: the published type is not, and would not take it.
  batchItemFailures: { itemIdentifier: string }[];
}

/** Works on the records of an event. See {@link FanOutQueue.receive}. */
export async function receive(
  event: SqsEvent,
  work: (message: QueueMessage) => Promise<void>,
): Promise<SqsBatchResponse> {
  const messages = messagesOf(event);
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const message of messages) {
    try {
      await work(message);
    } catch {
      // `work` reports why, by contract. Thrown from here, it would bring back the whole batch.
      batchItemFailures.push({ itemIdentifier: message.id });
    }
  }
  return { batchItemFailures };
}

/** All of them before any work: a batch that cannot be answered for must not be begun. */
function messagesOf(event: unknown): readonly QueueMessage[] {
  const records = isObject(event) ? event["Records"] : undefined;
  if (!Array.isArray(records)) throw notItsEvent("it has no Records");
  return records.map(messageOf);
}

function messageOf(record: unknown, index: number): QueueMessage {
  const at = `Records[${index}]`;
  if (!isObject(record)) throw notItsEvent(`${at} is not an object`);
  const { messageId, body, attributes, eventSource } = record;
  if (eventSource !== undefined && eventSource !== "aws:sqs") {
    throw notItsEvent(`${at}.eventSource is ${JSON.stringify(eventSource)}, not "aws:sqs"`);
  }
  if (typeof messageId !== "string") throw notItsEvent(`${at} has no messageId`);
  if (typeof body !== "string") throw notItsEvent(`${at} has no body`);
  const receiveCount = Number(isObject(attributes) && attributes["ApproximateReceiveCount"]);
  if (!Number.isInteger(receiveCount) || receiveCount < 1) {
    throw notItsEvent(`${at} has no attributes.ApproximateReceiveCount`);
  }
  return { id: messageId, body, receiveCount };
}

function notItsEvent(problem: string): QueueError {
  return new QueueError(
    "notItsEvent",
    `the event is not one of an SQS queue: ${problem}. Connect the function to the queue with a Lambda event source mapping.`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
