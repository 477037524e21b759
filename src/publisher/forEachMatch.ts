import type { Route } from "../store/types.ts";
import { fanOut } from "./fanOut.ts";
import type { Gate } from "./gate.ts";
import { type Keys, START } from "./job.ts";
import { findMatches, type Target } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { withDeadline } from "./withDeadline.ts";

/**
 * Works through what a call addresses, until its deadline. Rejects when nothing at all could be read, which is the
 * caller's to handle; once there was work, a failing read is reported and the result says more than an error would.
 */
export async function forEachMatch(
  context: PublisherContext,
  {
    target: { path, definition },
    keys,
    gate = context.gate,
  }: { readonly target: Target; readonly keys: Keys; readonly gate?: Gate },
  work: (route: Route, signal: AbortSignal) => Promise<void>,
): Promise<{ readonly complete: boolean }> {
  let hasBegun = false;
  return withDeadline({ deadlineMs: context.deadlineMs }, async ({ stop, abort }) => {
    const { shards } = definition;
    const audience = { path, keys, position: START };
    const end = await fanOut({
      pages: findMatches(context, audience, { shards, signal: stop }),
      work: async ({ route }) => {
        hasBegun = true;
        await work(route, abort);
        return {};
      },
      gate,
      stop,
      abort,
    });
    if ("error" in end) {
      if (!hasBegun) throw end.error;
      context.report(end.error, { path });
    }
    return { complete: end.allTaken && !abort.aborted };
  });
}
