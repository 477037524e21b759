import { invalidParameter, queueApiError } from "./queueErrors.ts";

/** Parameters of an action, as JSON. */
export type QueueInput = Readonly<Record<string, unknown>>;

/** An entry of a batch. */
export interface BatchEntry {
  readonly id: string;
  readonly input: QueueInput;
}

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/**
 * Refuses what the emulator does not do: ignored in silence, it would look as if it worked.
 *
 * @throws {@link QueueApiError} `UnsupportedOperation`
 */
export function takeOnly(input: QueueInput, names: readonly string[]): void {
  for (const [name, value] of Object.entries(input)) {
    if (!names.includes(name) && value !== undefined && value !== null) {
      throw queueApiError("UnsupportedOperation", `The local queue does not know ${name}`);
    }
  }
}

/** @throws {@link QueueApiError} when the parameter is missing or no text */
export function textOf(input: QueueInput, name: string): string {
  const value = input[name];
  if (typeof value !== "string" || value === "") {
    throw invalidParameter(`The request must contain the parameter ${name}.`);
  }
  return value;
}

/** @throws {@link QueueApiError} when the parameter is there, but no whole number of the range */
export function numberOf<TDefault>(
  input: QueueInput,
  name: string,
  {
    least,
    most,
    byDefault,
  }: { readonly least: number; readonly most: number; byDefault: TDefault },
): number | TDefault {
  const value = input[name];
  if (value === undefined || value === null) return byDefault;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw invalidParameter(
      `Value ${JSON.stringify(value)} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
    );
  }
  return value;
}

/** @throws {@link QueueApiError} when there are none or more than ten, or their ids are not distinct and of the form */
export function entriesOf(input: QueueInput): readonly BatchEntry[] {
  const { Entries: entries } = input;
  if (!Array.isArray(entries) || entries.length === 0) {
    throw queueApiError("EmptyBatchRequest", "There should be at least one entry in the request.");
  }
  if (entries.length > MAX_ENTRIES) {
    throw queueApiError(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const read = entries.map((entry: QueueInput) => ({ id: textOf(entry, "Id"), input: entry }));
  if (!read.every(({ id }) => ENTRY_ID.test(id))) {
    throw queueApiError(
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    );
  }
  if (new Set(read.map(({ id }) => id)).size < read.length) {
    throw queueApiError("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id.");
  }
  return read;
}
