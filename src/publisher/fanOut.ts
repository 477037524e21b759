/**
 * Works through pages of items with at most `concurrency` under way, reading the next page only when there is room:
 * memory does not grow with the audience.
 *
 * Never rejects for an item: `work` reports its own failures. Rejects when reading a page fails, after everything under
 * way has settled.
 */
export async function fanOut<T>(
  pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  work: (item: T) => Promise<void>,
  options: { readonly concurrency: number; readonly signal: AbortSignal },
): Promise<{ readonly complete: boolean }> {
  const underWay = new Set<Promise<void>>();
  try {
    for await (const page of pages) {
      for (const item of page) {
        if (options.signal.aborted) return { complete: false };
        const running: Promise<void> = work(item).finally(() => underWay.delete(running));
        underWay.add(running);
        if (underWay.size >= options.concurrency) await Promise.race(underWay);
      }
    }
  } finally {
    await Promise.all(underWay);
  }
  // What was still under way at the abort was cut short as well.
  return { complete: !options.signal.aborted };
}
