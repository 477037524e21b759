/**
 * Cuts values into chunks and works on a few of them at a time.
 *
 * @returns what each chunk gave, in their order
 * @throws the first failure, when nothing is at work any more
 */
export async function inChunks<T, R>(
  values: readonly T[],
  { size, width }: { readonly size: number; readonly width: number },
  work: (chunk: readonly T[]) => Promise<R>,
): Promise<readonly R[]> {
  const chunks = chunksOf(values, size).entries();
  const results: R[] = [];
  // The iterator is shared: each worker takes the next chunk that nobody has.
  const worker = async (): Promise<void> => {
    for (const [index, chunk] of chunks) results[index] = await work(chunk);
  };
  const count = Math.min(width, Math.ceil(values.length / size));
  const settled = await Promise.allSettled(Array.from({ length: count }, worker));
  const failed = settled.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return results;
}

function chunksOf<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
