/** Values of one kind that come one after another; what is under way when the signal fires ends. */
export type Source<T> = (signal: AbortSignal | undefined) => AsyncGenerator<T, void, undefined>;

type Generator<T> = ReturnType<Source<T>>;
type Step<T> = { readonly generator: Generator<T> } & (
  | { readonly result: IteratorResult<T, void> }
  | { readonly error: unknown }
);

/**
 * Reads several sources at the same time and hands out their values as they come, each source's in its order. At most
 * `width` values are under way or waiting to be handed out, however many sources there are, and a source is asked for
 * its next one when the reader has asked for more than its last one.
 */
export async function* sideBySide<T>(
  sources: readonly Source<T>[],
  { width, signal }: { readonly width: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<T, void, undefined> {
  const [first, ...others] = sources;
  if (first !== undefined && others.length === 0) return yield* first(signal);
  const over = new AbortController();
  const end = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const waiting = sources.values();
  const underWay = new Map<Generator<T>, Promise<Step<T>>>();
  try {
    for (;;) {
      signal?.throwIfAborted();
      fill(underWay, waiting, { width, end });
      if (underWay.size === 0) return;
      const step = await Promise.race(underWay.values());
      underWay.delete(step.generator);
      if ("error" in step) throw step.error;
      if (step.result.done === true) continue;
      yield step.result.value;
      underWay.set(step.generator, next(step.generator));
    }
  } finally {
    over.abort();
    // None may be at work when the reader has gone. They end because they were told to, so that is no news.
    await Promise.all(underWay.values());
  }
}

function fill<T>(
  underWay: Map<Generator<T>, Promise<Step<T>>>,
  waiting: IterableIterator<Source<T>>,
  { width, end }: { readonly width: number; readonly end: AbortSignal },
): void {
  while (underWay.size < width) {
    const { value: source, done } = waiting.next();
    if (done === true) return;
    const generator = source(end);
    underWay.set(generator, next(generator));
  }
}

// A value that fails while another one is awaited is reported when its turn comes.
function next<T>(generator: Generator<T>): Promise<Step<T>> {
  return generator.next().then(
    (result) => ({ generator, result }),
    (error: unknown) => ({ generator, error }),
  );
}
