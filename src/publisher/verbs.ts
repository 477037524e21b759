import { InvalidFilterError, TransportError } from "../errors.ts";
import { stoppedFrame } from "../protocol/serverMessage.ts";
import type { Route } from "../store/types.ts";
import { exactKeys, publishKeys } from "../subscriptions/filter.ts";
import { deliver, withTimeout } from "./deliver.ts";
import { runStopHook, runStopHooks } from "./endConnection.ts";
import { forEachMatch } from "./forEachMatch.ts";
import { Gate } from "./gate.ts";
import { START } from "./job.ts";
import { findMatches, type Target } from "./matches.ts";
import { audienceOf } from "./observed.ts";
import { replyTo } from "./payload.ts";
import { PoolWidth } from "./poolWidth.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { PublishReport } from "./types.ts";
import { inTime, withDeadline } from "./withDeadline.ts";

/** Connections closed side by side. Few, since a client that is closed comes back at once. */
const CLOSE_CONCURRENCY = 10;

/** A filter that is there but undefined must not pass for one that was left out. */
function optionsOf(filter: readonly unknown[]): object {
  return filter.length === 0 ? {} : { filter: filter[0] };
}

/** Number of live subscriptions that match; one client may have several. */
export async function count(
  context: PublisherContext,
  target: Target,
  filter: readonly unknown[],
): Promise<number> {
  const keys = publishKeys(context.app, target.path, optionsOf(filter));
  const { shards } = target.definition;
  const audience = { path: target.path, keys, position: START };
  return withDeadline({ deadlineMs: context.deadlineMs }, async ({ abort }) => {
    let matched = 0;
    try {
      for await (const page of findMatches(context, audience, { shards, signal: abort })) {
        matched += page.length;
      }
    } catch (error) {
      if (!abort.aborted) throw error;
      const problem = `no answer from the store within ${context.deadlineMs} ms`;
      throw new TransportError("transient", problem, { cause: error });
    }
    return matched;
  });
}

/** Ends the matching subscriptions: rows first, then `stopped` to the client, so that a failed post leaves nothing. */
export async function complete(
  context: PublisherContext,
  target: Target,
  filter: readonly unknown[],
): Promise<PublishReport> {
  const tally = { matched: 0, delivered: 0, gone: 0, failed: 0 };
  const { path } = target;
  const end = async (route: Route, signal: AbortSignal): Promise<void> => {
    const { connectionId, id } = route.subscriber;
    tally.matched++;
    try {
      const { requestTimeMs } = route;
      const ended = await inTime("the store", signal, () =>
        context.app.store.stop({ connectionId, id, requestTimeMs }),
      );
      if (ended === undefined) {
        // It has stopped by itself since its row was read. `stopped` might meet a new subscription with its id.
        tally.matched--;
        return;
      }
      context.tell?.({ type: "unsubscribed", connectionId, id, path, by: "publisher" });
      const frame = stoppedFrame(replyTo(route.subscriber));
      const { transport, maxAttempts, postTimeoutMs } = context;
      const policy = { maxAttempts, postTimeoutMs, signal };
      const limit = { timeoutMs: postTimeoutMs, signal };
      // A hook that hangs is no reason to leave its client waiting.
      const [delivery] = await Promise.all([
        deliver(transport, { connectionId, frame }, policy),
        runStopHook(context.app, ended, { report: context.report, limit }),
      ]);
      tally[delivery.status]++;
      if (delivery.status === "failed") context.report(delivery.error, { path, connectionId });
    } catch (error) {
      tally.failed++;
      context.report(error, { path, connectionId });
    }
  };
  // Who hears every value is not through with its subscription when one of them is.
  const keys = exactKeys(context.app, path, optionsOf(filter));
  const { complete: reachedAll } = await forEachMatch(context, { target, keys }, end);
  const { observer } = context;
  observer?.tell({
    type: "completed",
    path,
    filters: audienceOf(keys),
    ...tally,
    complete: reachedAll,
    durationMs: observer.durationMs,
  });
  return { ...tally, complete: reachedAll };
}

/** Revokes the matching connections; `matched` counts connections. */
export async function disconnectMatching(
  context: PublisherContext,
  target: Target,
  filter: readonly unknown[],
): Promise<PublishReport> {
  if (filter.length === 0) {
    throw new InvalidFilterError(
      { path: target.path, place: "filter" },
      "is missing: disconnect never takes everybody",
    );
  }
  const tally = { matched: 0, delivered: 0, gone: 0, failed: 0 };
  const seen = new Set<string>();
  const close = async (
    { subscriber: { connectionId } }: Route,
    abort: AbortSignal,
  ): Promise<void> => {
    if (seen.has(connectionId)) return;
    seen.add(connectionId);
    tally.matched++;
    try {
      await closeConnection(context, connectionId, abort);
      tally.delivered++;
    } catch (error) {
      tally.failed++;
      context.report(error, { path: target.path, connectionId });
    }
  };
  const keys = publishKeys(context.app, target.path, optionsOf(filter));
  const gate = new Gate(new PoolWidth(CLOSE_CONCURRENCY));
  const { complete: closedAll } = await forEachMatch(context, { target, keys, gate }, close);
  return { ...tally, complete: closedAll };
}

/**
 * Revokes one connection. The rows first: once they are gone nothing is posted to it any more, even if closing the
 * socket fails.
 */
export function disconnectConnection(
  context: PublisherContext,
  connectionId: string,
): Promise<void> {
  return withDeadline({ deadlineMs: context.deadlineMs }, ({ abort }) =>
    closeConnection(context, connectionId, abort),
  );
}

async function closeConnection(
  context: PublisherContext,
  connectionId: string,
  abort: AbortSignal,
): Promise<void> {
  const { app, report, tell, postTimeoutMs: timeoutMs } = context;
  const ended = await inTime("the store", abort, () => app.store.disconnect(connectionId));
  const { signal } = new AbortController();
  const closing = { timeoutMs, signal, from: "the endpoint" };
  // A hook that hangs must not keep the socket open.
  const hooks = runStopHooks(app, ended, { report, limit: { timeoutMs, signal: abort } });
  try {
    await withTimeout(closing, (closeSignal) => context.transport.close(connectionId, closeSignal));
  } finally {
    await hooks;
  }
  tell?.({ type: "revoked", connectionId, subscriptions: ended.length });
}
