import { QueueError } from "../../errors/fanOut.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_MESSAGES } from "./limits.ts";

/** One message of a call. */
export interface Entry {
  /** Index in what was given to send; also names the entry within its batch. */
  readonly index: number;
  readonly body: string;
}

/** Messages for one `SendMessageBatch`. */
export type Batch = readonly Entry[];

/**
 * Groups messages in their order, as many in a batch as one call takes.
 *
 * @throws {@link QueueError} `tooLarge` when a message is larger than a call takes
 */
export function batchesOf(messages: readonly string[]): readonly Batch[] {
  const batches: Entry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [index, body] of messages.entries()) {
    const size = Buffer.byteLength(body);
    if (size > MAX_BATCH_BYTES) throw tooLarge(index, size, messages);
    const last = batches.at(-1);
    bytes += size;
    if (last === undefined || last.length === MAX_BATCH_MESSAGES || bytes > MAX_BATCH_BYTES) {
      batches.push([{ index, body }]);
      bytes = size;
    } else {
      last.push({ index, body });
    }
  }
  return batches;
}

function tooLarge(index: number, size: number, unsent: readonly string[]): QueueError {
  return new QueueError(
    "tooLarge",
    `message ${index} for SQS has ${size} bytes, at most ${MAX_BATCH_BYTES} are sent. Keep the payload in the store and send a reference.`,
    { unsent },
  );
}
