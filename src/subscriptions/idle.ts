/**
 * An iterable without values that ends when the signal aborts or its consumer returns, whichever comes first.
 *
 * Not a generator: `return()` of a generator waits for the pending `next()`, so without a signal it would never settle.
 */
export function idleUntilAborted(signal: AbortSignal | undefined): AsyncIterable<never, void> {
  return { [Symbol.asyncIterator]: () => idleIterator(signal) };
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

function idleIterator(signal: AbortSignal | undefined): AsyncIterator<never, void> {
  let ended = false;
  const waiting: ((result: IteratorReturnResult<undefined>) => void)[] = [];
  const end = (): void => {
    ended = true;
    signal?.removeEventListener("abort", end);
    for (const resolve of waiting.splice(0)) resolve(DONE);
  };
  return {
    next() {
      if (ended || signal?.aborted) return Promise.resolve(DONE);
      return new Promise((resolve) => {
        // A listener that is there already is not added twice.
        signal?.addEventListener("abort", end, { once: true });
        waiting.push(resolve);
      });
    },
    return() {
      end();
      return Promise.resolve(DONE);
    },
  };
}
