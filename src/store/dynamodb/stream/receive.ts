import { StreamEventError } from "../../../errors/stream.ts";
import { type AttributeMap, plainValues } from "./attributeValue.ts";
import type { DynamoDBStreamEvent, DynamoDBStreamResponse } from "./event.ts";

/** A row that was put where none was. */
export interface InsertedRow {
  /** Place in the stream; grows within a shard. */
  readonly sequenceNumber: string;
  /** Its key attributes. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** All of its attributes, the keys too, as they were when it was put. */
  readonly newImage: Readonly<Record<string, unknown>>;
}

/** View types that have what was written. */
const WITH_NEW_IMAGE: readonly unknown[] = ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"];

/**
 * Works on the inserted rows of an event, one after the other in the order of the stream. The first for which `work`
 * rejects ends it, and Lambda comes again with that one and all behind it, so nothing overtakes what failed. Why it failed is
 * for `work` to report: the answer has no place for it.
 *
 * Lambda delivers at least once, so `work` may get a row again. Rows that were changed or removed are passed over.
 *
 * @throws {@link StreamEventError} rejects with it when the event is not of a stream with new images; no work was done
 */
export async function receive(
  event: DynamoDBStreamEvent,
  work: (row: InsertedRow) => Promise<void>,
): Promise<DynamoDBStreamResponse> {
  for (const row of insertedRows(event)) {
    try {
      await work(row);
    } catch {
      return { batchItemFailures: [{ itemIdentifier: row.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

/** All of them before any work: a batch that cannot be answered for must not be begun. */
function insertedRows(event: unknown): readonly InsertedRow[] {
  const records = isObject(event) ? event["Records"] : undefined;
  if (!Array.isArray(records)) throw notItsEvent("it has no Records");
  return records.flatMap(insertedRow);
}

function insertedRow(record: unknown, index: number): InsertedRow | readonly [] {
  const at = `Records[${index}]`;
  if (!isObject(record)) throw notItsEvent(`${at} is not an object`);
  const { eventSource, eventName, dynamodb: change } = record;
  if (eventSource !== undefined && eventSource !== "aws:dynamodb") {
    throw notItsEvent(`${at}.eventSource is ${JSON.stringify(eventSource)}, not "aws:dynamodb"`);
  }
  if (!isObject(change)) throw notItsEvent(`${at} has no dynamodb`);
  const { Keys, NewImage, SequenceNumber, StreamViewType } = change;
  if (typeof SequenceNumber !== "string" || SequenceNumber === "") {
    throw notItsEvent(`${at} has no dynamodb.SequenceNumber`);
  }
  if (StreamViewType !== undefined && !WITH_NEW_IMAGE.includes(StreamViewType)) {
    throw noNewImage(`its view type is ${JSON.stringify(StreamViewType)}`);
  }
  if (eventName !== "INSERT") return [];
  if (!isObject(Keys)) throw notItsEvent(`${at} has no dynamodb.Keys`);
  if (!isObject(NewImage)) throw noNewImage(`${at} has no dynamodb.NewImage`);
  return {
    sequenceNumber: SequenceNumber,
    keys: plainValues(Keys as AttributeMap),
    newImage: plainValues(NewImage as AttributeMap),
  };
}

function notItsEvent(problem: string): StreamEventError {
  return new StreamEventError(
    "notItsEvent",
    `the event is not one of a DynamoDB stream: ${problem}. Connect the function to the table's stream with a Lambda event source mapping.`,
  );
}

function noNewImage(problem: string): StreamEventError {
  return new StreamEventError(
    "noNewImage",
    `the stream does not hold what was written: ${problem}. Switch the table's stream off and on again with the view type NEW_IMAGE.`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
