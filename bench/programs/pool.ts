/**
 * Works through pages of items with at most `width` under way. The plain pool that the programs beside the library
 * share.
 */
export async function pool<T>(
  pages: AsyncIterable<readonly T[]>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let underWay = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  const settled = (): void => {
    underWay--;
    wake();
  };
  const room = (most: number): Promise<void> | undefined =>
    underWay <= most
      ? undefined
      : new Promise((resolve) => {
          wake = () => {
            if (underWay <= most) resolve();
          };
        });
  for await (const page of pages) {
    for (const item of page) {
      const full = room(width - 1);
      if (full !== undefined) await full;
      underWay++;
      work(item).then(settled, (error: unknown) => {
        failure = { error };
        settled();
      });
    }
  }
  await room(0);
  if (failure !== undefined) throw failure.error;
}
