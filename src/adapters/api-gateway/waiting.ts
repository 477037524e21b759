import { TRPCError } from "@trpc/server";

/** The outcome of `work`, or a rejection with TIMEOUT when `signal` aborts first. Leaves no listener. */
export async function beforeDeadline<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(
        new TRPCError({ code: "TIMEOUT", message: "The request ran until the Lambda's deadline" }),
      );
  });
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The promise's value, or `undefined` when the time is up or the signal aborts first. Leaves no timer. */
export async function settledWithin<T>(
  promise: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  let wake: () => void = () => undefined;
  const waiting = new Promise<undefined>((resolve) => {
    wake = () => resolve(undefined);
  });
  const timer = setTimeout(wake, timeoutMs);
  signal.addEventListener("abort", wake, { once: true });
  if (signal.aborted) wake();
  try {
    return await Promise.race([promise, waiting]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
  }
}
