import { InvalidOptionError } from "../errors.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { CallLimit } from "./withDeadline.ts";

/**
 * How long a call may take, from its options or the publisher's.
 *
 * @throws {@link InvalidOptionError} for a `deadlineMs` that is no number, and a `signal` that is none
 */
export function callLimit(
  { deadlineMs: usualMs }: Pick<PublisherContext, "deadlineMs">,
  call: string,
  { deadlineMs = usualMs, signal }: { readonly deadlineMs?: unknown; readonly signal?: unknown },
): CallLimit {
  if (typeof deadlineMs !== "number" || Number.isNaN(deadlineMs)) {
    throw new InvalidOptionError(call, "deadlineMs", "must be a number of milliseconds");
  }
  if (signal === undefined) return { deadlineMs };
  if (!isSignal(signal)) throw new InvalidOptionError(call, "signal", "must be an AbortSignal");
  return { deadlineMs, signal };
}

/** By its shape: there are polyfills. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === "object" &&
    value !== null &&
    "aborted" in value &&
    "addEventListener" in value &&
    typeof value.addEventListener === "function" &&
    "removeEventListener" in value &&
    typeof value.removeEventListener === "function"
  );
}
