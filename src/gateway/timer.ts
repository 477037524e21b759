/** The largest delay `setTimeout` keeps; a larger one fires at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Starts a timer, or none for a delay that `setTimeout` cannot keep, `Infinity` included. */
export function startTimer(delayMs: number, onDue: () => void): NodeJS.Timeout | undefined {
  return delayMs > MAX_DELAY_MS ? undefined : setTimeout(onDue, delayMs);
}

/** The promise's value, or `late` once the time is over. The promise goes on; the timer does not. */
export async function within<TValue, TLate>(
  promise: Promise<TValue>,
  timeoutMs: number,
  late: TLate,
): Promise<TValue | TLate> {
  let timer: NodeJS.Timeout | undefined;
  const overrun = new Promise<TLate>((resolve) => {
    timer = startTimer(timeoutMs, () => resolve(late));
  });
  try {
    return await Promise.race([promise, overrun]);
  } finally {
    clearTimeout(timer);
  }
}
