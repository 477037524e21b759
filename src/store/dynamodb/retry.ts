import { setTimeout as delay } from "node:timers/promises";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { noteThrottled } from "../../events/observer.ts";

/** Tries of one call, the first included; with the delays below the last one starts within 3 seconds. */
export const MAX_TRIES = 10;
const FIRST_DELAY_MS = 25;
const MAX_DELAY_MS = 500;

/**
 * Counts the tries of one call, with full jitter between them.
 *
 * @param signal - ends the waiting, which rejects with its reason then
 * @returns a function that waits and says `true`, or says `false` at once when there has been the last try
 */
export function retryBudget(signal?: AbortSignal): () => Promise<boolean> {
  let tries = 1;
  return async () => {
    if (tries >= MAX_TRIES) return false;
    const delayMs = Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1));
    try {
      await delay(delayMs, undefined, signal && { signal });
    } catch (error) {
      // Node has an error of its own for it, which is not the reason.
      signal?.throwIfAborted();
      throw error;
    }
    tries += 1;
    return true;
  };
}

// Throttling of a whole call is not among them: the SDK retries it. The rest it hands on after the first try.
const TRANSIENT_ERRORS: ReadonlySet<string> = new Set([
  "TransactionConflictException",
  "TransactionInProgressException",
  "ReplicatedWriteConflictException",
]);

const THROTTLING_REASONS: ReadonlySet<string> = new Set([
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

const TRANSIENT_REASONS: ReadonlySet<string> = new Set([
  "TransactionConflict",
  ...THROTTLING_REASONS,
]);

const THROTTLING_ERRORS: ReadonlySet<string> = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

function isThrottling(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    return (error.CancellationReasons ?? []).some(({ Code = "" }) => THROTTLING_REASONS.has(Code));
  }
  return error instanceof Error && THROTTLING_ERRORS.has(error.name);
}

/** Tells whether the same call may succeed later, in a case that the SDK does not retry. */
function isTransient(error: unknown): boolean {
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? [])
      .map((reason) => reason.Code ?? "None")
      .filter((code) => code !== "None");
    return codes.length > 0 && codes.every((code) => TRANSIENT_REASONS.has(code));
  }
  return error instanceof Error && TRANSIENT_ERRORS.has(error.name);
}

/** Makes a call, again while its failure is transient and tries are left; then rejects with the last error. */
export async function withRetry<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const again = retryBudget(signal);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (isThrottling(error)) noteThrottled("table");
      if (!isTransient(error) || !(await again())) throw error;
    }
  }
}
