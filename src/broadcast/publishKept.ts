import { randomUUID } from "node:crypto";
import type { Envelope } from "../protocol/broadcast.ts";
import { anyKeptTextOf, type Serialization, serialized } from "../publisher/event.ts";
import { checkRoom, keepEvent } from "../publisher/keepEvent.ts";
import { OVERLAP_RESERVE_MS } from "../publisher/lateEvents.ts";
import { type CallLimit, withDeadline } from "../publisher/withDeadline.ts";
import type { EventStore } from "../store/types.ts";
import type { History } from "../subscriptions/history.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import { type BroadcastPublisherContext, refuseTooLarge, send } from "./send.ts";
import type { BroadcastHistoryReport } from "./types.ts";

/** Where an event is kept and sent. */
interface KeptPublish {
  readonly target: { readonly path: string; readonly definition: RouteDefinition };
  readonly history: History;
  readonly store: EventStore;
  readonly limit: CallLimit;
}

/** What is published. */
interface KeptInput {
  readonly keys: readonly (string | undefined)[];
  readonly data: unknown;
  readonly key: string | undefined;
}

/**
 * Publishes on a route with history: the event is kept first. So whoever subscribes and then reads what it missed finds
 * it there, or is sent it by the broker.
 */
export function broadcastKept(
  context: BroadcastPublisherContext,
  { target, history, store, limit }: KeptPublish,
  event: KeptInput,
): Promise<BroadcastHistoryReport> {
  const { app, eventIds, topics } = context;
  const { path } = target;
  const { keys, data, key } = event;
  const messageId = randomUUID();
  const keeping = { app: { router: app.router, store }, eventIds };
  const id = eventIds.next();
  // As long as it can become: a repeated one has a second name.
  const serialization = { router: app.router, path, data };
  const longest = keptBody(serialization, { m: messageId, i: id, c: id });
  refuseTooLarge(context.broker, path, longest);
  checkRoom(path, keys, anyKeptTextOf(app.router, path, { id, data }));
  const names = topics.ofPublish(path, keys);
  const deadlineMs = Math.min(limit.deadlineMs, history.overlapMs - OVERLAP_RESERVE_MS);
  return withDeadline({ ...limit, deadlineMs }, async ({ abort }) => {
    const kept = await keepEvent(keeping, { target, history, signal: abort }, event);
    const { eventId, cursor } = kept;
    const repeated = kept.repeated && ({ repeated: true } as const);
    if (kept.repeated?.finished === true) {
      return { messageId, topics: 0, sent: 0, failed: 0, eventId, ...repeated };
    }
    const ids = { m: messageId, i: eventId, ...(cursor !== eventId && { c: cursor }) };
    const body = keptBody(serialization, ids);
    const messages = names.map((topic) => ({ topic, body }));
    const { error: _, ...sending } = await send(context, { path, messages }, abort);
    if (key !== undefined && sending.failed === 0) await noteEnd(context, store, { path, key });
    return { messageId, ...sending, eventId, ...repeated };
  });
}

function keptBody(event: Serialization, ids: Pick<Envelope, "m" | "i" | "c">): string {
  return serialized(event, (serialize) =>
    JSON.stringify({ ...ids, d: serialize(event.data) } satisfies Envelope),
  );
}

/** Never rejects: the event was sent, and to send it once more is what a repeated call does then. */
async function noteEnd(
  { report }: BroadcastPublisherContext,
  { history }: EventStore,
  at: { readonly path: string; readonly key: string },
): Promise<void> {
  try {
    await history.finish(at);
  } catch (error) {
    report(error, { path: at.path });
  }
}
