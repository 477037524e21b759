// Taken when this module is loaded: a test may fake the clock later, and what waits here must still come to an end.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** What is waited for at most, by default: test runners give up after 5,000 ms, and say less about it. */
export const DEFAULT_TIMEOUT_MS: number = 4_000;

/** Lets every timer of 0 ms run that was started before, and all that follows from it without a timer. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    startTimer(resolve, 0);
  });
}

/** Calls `onLate` when the promise has not settled in time, in real milliseconds. Leaves no timer. */
export async function inRealTime<T>(
  promise: Promise<T>,
  timeoutMs: number,
  onLate: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(() => reject(onLate()), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stopTimer(timer);
  }
}
