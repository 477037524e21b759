import { fanOut } from "./fanOut.ts";
import { type PublisherContext, withDeadline } from "./publisherOptions.ts";

/**
 * Works through what a call addresses, until its deadline. Rejects when nothing at all could be read, which is the
 * caller's to handle; once there was work, a failing read is reported and the result says more than an error would.
 */
export async function forEachMatch<T>(
  context: PublisherContext,
  {
    path,
    matches,
    concurrency = context.concurrency,
  }: {
    readonly path: string;
    readonly matches: AsyncIterable<readonly T[]>;
    readonly concurrency?: number;
  },
  work: (match: T, signal: AbortSignal) => Promise<void>,
): Promise<{ readonly complete: boolean }> {
  let hasBegun = false;
  const begin = (match: T, signal: AbortSignal): Promise<void> => {
    hasBegun = true;
    return work(match, signal);
  };
  return withDeadline(context.deadlineMs, async (signal) => {
    try {
      return await fanOut(matches, (match) => begin(match, signal), { concurrency, signal });
    } catch (error) {
      if (!hasBegun) throw error;
      context.report(error, { path });
      return { complete: false };
    }
  });
}
