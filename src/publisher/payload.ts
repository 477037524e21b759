import { type AnyTRPCRouter, tracked } from "@trpc/server";
import type { ReplyTo } from "../protocol/clientMessage.ts";
import { dataFrame, type EventText, keptEventText } from "../protocol/serverMessage.ts";
import type { StoredEvent, StoredSubscription, Subscriber } from "../store/types.ts";
import { decodeHookState } from "../subscriptions/hookState.ts";
import { drop } from "../subscriptions/hooks.ts";
import { withTimeout } from "./deliver.ts";
import { eventTextOf, keptTextOf, serializeEvent } from "./event.ts";
import type { Target } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** The event of one publish. */
export type Payload =
  /** The same for everybody, serialised once. */
  | { readonly kind: "same"; readonly event: EventText }
  /** What `onData` makes of it, for each subscriber. */
  | {
      readonly kind: "own";
      readonly data: unknown;
      /** Of a route with history; what `onData` makes carries it too. */
      readonly kept?: KeptIds;
    };

/** Names of an event that is kept; they differ when it was kept anew. */
interface KeptIds {
  readonly eventId: string;
  readonly cursor: string;
}

/**
 * Serialises an event once, unless `onData` makes one for each subscriber.
 *
 * @throws {@link InvalidDataError} {@link PayloadTooLargeError}
 */
export function createPayload(
  { app }: Pick<PublisherContext, "app">,
  { path, definition }: Target,
  data: unknown,
): Payload {
  return definition.hooks.onData === undefined
    ? { kind: "same", event: serializeEvent(app.router, path, data) }
    : { kind: "own", data };
}

/** The payload of an event that is kept. */
export function keptPayload(
  { app }: Pick<PublisherContext, "app">,
  { definition }: Pick<Target, "definition">,
  { cursor, text }: StoredEvent,
): Payload {
  if (definition.hooks.onData === undefined) {
    return { kind: "same", event: keptEventText(text, cursor) };
  }
  const { deserialize } = app.router._def._config.transformer.output;
  return ownPayload(deserialize(JSON.parse(text)), cursor);
}

function ownPayload(
  { id, data }: { readonly id: string; readonly data?: unknown },
  cursor: string,
): Payload {
  return { kind: "own", data, kept: { eventId: id, cursor } };
}

/**
 * Text of an event, for another process.
 *
 * @throws {@link InvalidDataError} for what only `onData` could have made serialisable
 */
export function payloadText(
  { app }: Pick<PublisherContext, "app">,
  path: string,
  payload: Payload,
): string {
  if (payload.kind === "same") return payload.event.member;
  const { data, kept } = payload;
  return kept === undefined
    ? eventTextOf(app.router, path, data).member
    : keptEvent(app.router, path, { ...kept, data }).member;
}

function keptEvent(
  router: AnyTRPCRouter,
  path: string,
  { eventId, cursor, data }: KeptIds & { readonly data: unknown },
): EventText {
  return keptEventText(keptTextOf(router, path, { id: eventId, data }), cursor);
}

/** What is kept of the event of a route with history. */
export function keptOf(
  { app }: Pick<PublisherContext, "app">,
  path: string,
  payload: Payload,
): StoredEvent | undefined {
  if (payload.kind === "same") {
    const { result }: { readonly result: { readonly id?: string; readonly data?: unknown } } =
      JSON.parse(`{${payload.event.member}}`);
    return result.id === undefined
      ? undefined
      : { cursor: result.id, text: JSON.stringify(result.data) };
  }
  const { kept, data } = payload;
  if (kept === undefined) return undefined;
  return { cursor: kept.cursor, text: keptTextOf(app.router, path, { id: kept.eventId, data }) };
}

/** The event that {@link payloadText} was given, for the hooks that the procedure has by now. */
export function parsePayload(
  { app }: Pick<PublisherContext, "app">,
  { definition }: Target,
  text: string,
): Payload {
  if (definition.hooks.onData === undefined) return { kind: "same", event: { member: text } };
  const { result }: { readonly result: { readonly id?: string; readonly data?: unknown } } =
    JSON.parse(`{${text}}`);
  const { deserialize } = app.router._def._config.transformer.output;
  if (result.id === undefined) return { kind: "own", data: deserialize(result.data) };
  // The data of a tracked event is `{ id, data }` as a whole.
  const event: { readonly id: string; readonly data?: unknown } = deserialize(result.data);
  return definition.history === undefined
    ? { kind: "own", data: tracked(result.id, event.data) }
    : ownPayload(event, result.id);
}

/** The frame for one subscriber; `undefined` when `onData` dropped the event. */
export async function frameFor(
  context: Pick<PublisherContext, "app" | "postTimeoutMs">,
  { path, definition }: Target,
  {
    payload,
    subscriber,
    stored,
    signal,
  }: {
    readonly payload: Payload;
    readonly subscriber: Subscriber;
    /** Where hooks need it. */
    readonly stored: Pick<StoredSubscription, "hookState"> | undefined;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  if (payload.kind === "same") return dataFrame(replyTo(subscriber), payload.event);
  const { app, postTimeoutMs } = context;
  const { input, ctx } = decodeHookState(app.router, stored?.hookState);
  const { connectionId } = subscriber;
  const { data } = payload;
  const limit = { timeoutMs: postTimeoutMs, signal, from: `onData of "${path}"` };
  const own = await withTimeout(limit, async () =>
    definition.hooks.onData?.({ data, input, ctx, path, connectionId, drop }),
  );
  if (own === drop) return undefined;
  const { kept } = payload;
  const event =
    kept === undefined
      ? serializeEvent(app.router, path, own)
      : keptEvent(app.router, path, { ...kept, data: own });
  return dataFrame(replyTo(subscriber), event);
}

/** What an event repeats of the subscription's request. */
export function replyTo({ id, jsonrpc }: Subscriber): ReplyTo {
  return { id, jsonrpc };
}
