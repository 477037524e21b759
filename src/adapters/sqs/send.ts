import { setTimeout as delay } from "node:timers/promises";
import {
  type BatchResultErrorEntry,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { QueueError } from "../../errors/fanOut.ts";
import { type Batch, batchesOf, type Entry } from "./batches.ts";

/** Calls under way at once: a large fan-out is many parts, and a call is mostly waiting. */
const MAX_CALLS = 8;
/** Calls for one batch, the first included; the last one starts within a second. */
const MAX_TRIES = 5;
const FIRST_DELAY_MS = 50;

/** What of a batch was not taken, and why. */
interface Failure {
  readonly unsent: Batch;
  readonly cause: unknown;
}

/** Where messages go. */
export interface Target {
  readonly client: SQSClient;
  readonly queueUrl: string;
}

/** Sends messages, in batches side by side. See {@link FanOutQueue.send}. */
export async function send(
  target: Target,
  messages: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const batches = batchesOf(messages);
  const failures: Failure[] = [];
  const next = batches.values();
  const lane = async (): Promise<void> => {
    for (const batch of next) {
      const failure = await sendBatch(target, batch, signal);
      if (failure !== undefined) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_CALLS, batches.length) }, lane));
  if (failures.length > 0) throw notTaken(target, messages, failures);
}

/** A call that fails as a whole was retried by the SDK. What SQS says of single messages is retried here. */
async function sendBatch(
  target: Target,
  batch: Batch,
  signal: AbortSignal | undefined,
): Promise<Failure | undefined> {
  const refused: Entry[] = [];
  let reason: unknown;
  let waiting = batch;
  for (let tries = 1; ; tries += 1) {
    const faults = await untaken(target, waiting, signal).catch((cause: unknown) => ({ cause }));
    if ("cause" in faults) return { unsent: [...refused, ...waiting], cause: faults.cause };
    if (faults.size > 0) reason = describe([...faults.values()][0]);
    refused.push(...waiting.filter((entry) => faults.get(entry)?.SenderFault === true));
    waiting = waiting.filter((entry) => faults.has(entry) && !refused.includes(entry));
    const isOver = waiting.length === 0 || tries === MAX_TRIES;
    if (isOver || !(await waited(FIRST_DELAY_MS * 2 ** (tries - 1), signal))) break;
  }
  const unsent = [...refused, ...waiting];
  return unsent.length === 0 ? undefined : { unsent, cause: reason };
}

/** Makes one call. Gives the entries that it does not report as taken, with what it says of each. */
async function untaken(
  { client, queueUrl }: Target,
  batch: Batch,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Entry, BatchResultErrorEntry | undefined>> {
  signal?.throwIfAborted();
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: batch.map(({ index, body }) => ({ Id: String(index), MessageBody: body })),
  });
  const { Successful = [], Failed = [] } = await client.send(
    command,
    signal === undefined ? {} : { abortSignal: signal },
  );
  const taken = new Set(Successful.map(({ Id }) => Id));
  const faults = new Map(Failed.map((fault) => [fault.Id, fault]));
  return new Map(
    batch
      .filter(({ index }) => !taken.has(String(index)))
      .map((entry) => [entry, faults.get(String(entry.index))]),
  );
}

/** Waits with full jitter. False when that was aborted. */
async function waited(maxDelayMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await delay(Math.random() * maxDelayMs, undefined, signal === undefined ? {} : { signal });
    return true;
  } catch {
    // Only an abort ends a delay early; what was not sent by then is in the report.
    return false;
  }
}

function describe(fault: BatchResultErrorEntry | undefined): Error {
  return new Error(
    fault === undefined ? "SQS said nothing of it" : `${fault.Code}: ${fault.Message ?? ""}`,
  );
}

function notTaken(
  { queueUrl }: Target,
  messages: readonly string[],
  failures: readonly Failure[],
): QueueError {
  const unsent = failures
    .flatMap((failure) => failure.unsent)
    .toSorted((a, b) => a.index - b.index)
    .map(({ body }) => body);
  const cause = failures[0]?.cause;
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new QueueError(
    "notTaken",
    `${unsent.length} of ${messages.length} messages were not taken by ${queueUrl}: ${reason}`,
    { unsent, cause },
  );
}
