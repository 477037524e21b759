import { tracked } from "@trpc/server";
import type { ReplyTo } from "../protocol/clientMessage.ts";
import { dataFrame, type EventText } from "../protocol/serverMessage.ts";
import type { Subscriber } from "../store/types.ts";
import { decodeHookState } from "../subscriptions/hookState.ts";
import { drop } from "../subscriptions/hooks.ts";
import { withTimeout } from "./deliver.ts";
import { eventTextOf, serializeEvent } from "./event.ts";
import type { Match, Target } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** The event of one publish. */
export type Payload =
  /** The same for everybody, serialised once. */
  | { readonly kind: "same"; readonly event: EventText }
  /** What `onData` makes of it, for each subscriber. */
  | { readonly kind: "own"; readonly data: unknown };

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
  return payload.kind === "same"
    ? payload.event.member
    : eventTextOf(app.router, path, payload.data).member;
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
  const { data }: { readonly data?: unknown } = deserialize(result.data);
  return { kind: "own", data: tracked(result.id, data) };
}

/** The frame for one subscriber; `undefined` when `onData` dropped the event. */
export async function frameFor(
  context: Pick<PublisherContext, "app" | "postTimeoutMs">,
  { path, definition }: Target,
  {
    payload,
    match,
    signal,
  }: {
    readonly payload: Payload;
    readonly match: Match;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { subscriber } = match.route;
  if (payload.kind === "same") return dataFrame(replyTo(subscriber), payload.event);
  const { app, postTimeoutMs } = context;
  const { input, ctx } = decodeHookState(app.router, match.stored?.hookState);
  const { connectionId } = subscriber;
  const { data } = payload;
  const limit = { timeoutMs: postTimeoutMs, signal, from: `onData of "${path}"` };
  const own = await withTimeout(limit, async () =>
    definition.hooks.onData?.({ data, input, ctx, path, connectionId, drop }),
  );
  return own === drop
    ? undefined
    : dataFrame(replyTo(subscriber), serializeEvent(app.router, path, own));
}

/** What an event repeats of the subscription's request. */
export function replyTo({ id, jsonrpc }: Subscriber): ReplyTo {
  return { id, jsonrpc };
}
