import type { AnyTRPCRouter } from "@trpc/server";
import type { Envelope, GrantHistory } from "../protocol/broadcast.ts";
import { earliestEventId, eventTimeMs } from "../protocol/eventId.ts";
import { utf8Bytes } from "../protocol/keyText.ts";
import { checkedLastEventId, gapError, missedEvents } from "../publisher/missedEvents.ts";
import type { StoredEvent } from "../store/types.ts";
import type { History } from "../subscriptions/history.ts";
import { subscriberStreams } from "../subscriptions/streams.ts";
import type { BroadcastContext } from "./context.ts";

/**
 * The most that one answer brings. Lambda sends no more than 6 MB, of which a client's headers and a transformer's
 * additions need a part. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Who asks for what it has missed. */
export interface MissedRequest {
  readonly path: string;
  /** After the procedure's parser. */
  readonly input: unknown;
  /** After its middleware, so of now. */
  readonly ctx: unknown;
  readonly history: History;
  /** The last event that it has seen, not checked yet; `undefined` for nothing. */
  readonly lastEventId: unknown;
  readonly signal: AbortSignal | undefined;
}

/**
 * What a grant says of the history of its route: the overlap, a cursor, and what was missed where that is asked for.
 *
 * The client has its topics by then. Publishers keep an event before they send it, so each one is either read here, or
 * comes by the broker later.
 *
 * @throws TRPCError with BAD_REQUEST for a `lastEventId` that is none of ours
 */
export async function grantHistory(
  { app, eventIds, store }: BroadcastContext,
  { path, input, ctx, history, lastEventId, signal }: MissedRequest,
): Promise<GrantHistory | undefined> {
  if (store === undefined) return undefined;
  const { overlapMs, keptMs, maxEvents } = history;
  // Before anything is read: it may be gone on from.
  const told = { overlapMs, cursor: eventIds.next() };
  if (lastEventId === undefined) return told;
  const cursor = checkedLastEventId(lastEventId);
  const fromMs = (eventTimeMs(cursor) ?? 0) - overlapMs;
  if (fromMs < Date.now() - keptMs) return { ...told, gap: gapText("it is too old") };
  const filters = subscriberStreams(app, { path, input, ctx });
  const events = await missedEvents(store, {
    path,
    filters,
    cursor,
    from: earliestEventId(fromMs),
    maxEvents,
    signal: signal ?? new AbortController().signal,
  });
  const missed = events?.map((event) => bodyOf(app.router, event));
  const bytes = missed?.reduce((sum, body) => sum + utf8Bytes(JSON.stringify(body)), 0) ?? 0;
  return missed === undefined || bytes > MAX_ANSWER_BYTES
    ? { ...told, gap: gapText(`more than ${maxEvents} events, or 4 MB, came after it`) }
    : { ...told, missed };
}

function gapText(problem: string): string {
  return gapError(problem).message;
}

/** As it came, or would have come, by the broker. */
function bodyOf(router: AnyTRPCRouter, { cursor, text }: StoredEvent): string {
  const { serialize, deserialize } = router._def._config.transformer.output;
  const { id, data }: { readonly id: string; readonly data?: unknown } = deserialize(
    JSON.parse(text),
  );
  const envelope: Envelope = {
    m: cursor,
    i: id,
    ...(cursor !== id && { c: cursor }),
    d: serialize(data),
  };
  return JSON.stringify(envelope);
}
