import type { ReplyTo } from "../protocol/clientMessage.ts";
import { dataFrame } from "../protocol/serverMessage.ts";
import type { Route, StoredSubscription, Subscriber } from "../store/types.ts";
import { decodeHookState } from "../subscriptions/hookState.ts";
import { drop } from "../subscriptions/hooks.ts";
import { withTimeout } from "./deliver.ts";
import { serializeEvent } from "./event.ts";
import { type Addressed, findMatches, subscriberKey } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** One row with the way to its frame; `undefined` when `onData` dropped the event for this subscriber. */
export interface FramedRoute {
  readonly route: Route;
  /** @param signal - aborts at the deadline of the publish */
  frame(signal: AbortSignal): Promise<string | undefined>;
}

/**
 * The frames of one publish. Without `onData` the event is serialised once, here, before anything is read; with it,
 * once for each subscriber, from what their rows hold.
 *
 * @throws {@link InvalidDataError} {@link PayloadTooLargeError}
 */
export function framedMatches(
  context: PublisherContext,
  addressed: Addressed,
  data: unknown,
): AsyncIterable<readonly FramedRoute[]> {
  if (addressed.definition.hooks.onData !== undefined) {
    return perSubscriber(context, addressed, data);
  }
  const event = serializeEvent(context.app.router, addressed.path, data);
  return (async function* () {
    for await (const page of findMatches(context, addressed)) {
      yield page.map((route) => ({
        route,
        frame: async () => dataFrame(replyTo(route.subscriber), event),
      }));
    }
  })();
}

/** What an event repeats of the subscription's request. */
export function replyTo({ id, jsonrpc }: Subscriber): ReplyTo {
  return { id, jsonrpc };
}

async function* perSubscriber(
  context: PublisherContext,
  addressed: Addressed,
  data: unknown,
): AsyncIterable<readonly FramedRoute[]> {
  for await (const page of findMatches(context, addressed)) {
    const stored = await context.app.store.getSubscriptions(page.map((route) => route.subscriber));
    const byKey = new Map(stored.map((row) => [subscriberKey(row), row]));
    yield page.flatMap((route) => {
      const row = byKey.get(subscriberKey(route.subscriber));
      // Stopped since the row was read.
      if (row === undefined) return [];
      const own = { route, row, data };
      return [{ route, frame: (signal) => hookedFrame(context, addressed, { ...own, signal }) }];
    });
  }
}

interface Hooked {
  readonly route: Route;
  readonly row: StoredSubscription;
  readonly data: unknown;
  readonly signal: AbortSignal;
}

async function hookedFrame(
  { app, postTimeoutMs }: PublisherContext,
  { path, definition }: Addressed,
  { route, row, data, signal }: Hooked,
): Promise<string | undefined> {
  const { input, ctx } = decodeHookState(app.router, row.hookState);
  const { connectionId } = route.subscriber;
  const limit = { timeoutMs: postTimeoutMs, signal, from: `onData of "${path}"` };
  const own = await withTimeout(limit, async () =>
    definition.hooks.onData?.({ data, input, ctx, path, connectionId, drop }),
  );
  return own === drop
    ? undefined
    : dataFrame(replyTo(route.subscriber), serializeEvent(app.router, path, own));
}
