import { createHash } from "node:crypto";
import type { AnyTRPCRouter } from "@trpc/server";
import { InvalidFilterError, InvalidOptionError, TransportError } from "../errors.ts";
import { type EventIds, eventTimeMs } from "../protocol/eventId.ts";
import { utf8Bytes } from "../protocol/keyText.ts";
import { MAX_TRANSACT_BYTES, MAX_TRANSACT_ITEMS } from "../protocol/limits.ts";
import type { KeepOutcome, NewEvent, Store, StoredEvent } from "../store/types.ts";
import type { History } from "../subscriptions/history.ts";
import { withTimeout } from "./deliver.ts";
import { anyKeptTextOf, keptTextOf } from "./event.ts";
import type { Keys } from "./job.ts";
import type { Target } from "./matches.ts";

/** What keeps events: a publisher of any engine. */
export interface KeepContext {
  readonly app: { readonly router: AnyTRPCRouter; readonly store: Pick<Store, "history"> };
  readonly eventIds: EventIds;
}

/** An event on its way into the history. */
interface EventToKeep {
  readonly keys: Keys;
  readonly data: unknown;
  readonly key: string | undefined;
  /** It is left to the handler of the table's stream. */
  readonly outbox?: true;
}

/** An event in the history. */
interface KeptEvent extends StoredEvent {
  /** What its clients know it by; its cursor differs when it was kept anew. */
  readonly eventId: string;
  /** Another call had kept it. */
  readonly repeated?: { readonly finished: boolean };
}

/** Time for the table to take an event, twice. */
const KEEP_TIMEOUT_MS = 2_000;
/** Attributes and keys of an event's row besides its text, at most. */
const ROW_BYTES = 2_048;

/**
 * Refuses what cannot be kept, or that API Gateway would not deliver.
 *
 * @throws {@link InvalidFilterError} {@link InvalidDataError} {@link PayloadTooLargeError}
 */
export function checkKept(
  { app, eventIds }: KeepContext,
  { path }: Pick<Target, "path">,
  { keys, data }: Pick<EventToKeep, "keys" | "data">,
): void {
  checkRoom(path, keys, keptTextOf(app.router, path, { id: eventIds.next(), data }));
}

/**
 * Refuses what one transaction cannot keep.
 *
 * @throws {@link InvalidFilterError}
 */
export function checkRoom(path: string, keys: Keys, text: string): void {
  const at = { path, place: "filter" };
  // One write is that of the key.
  const most = MAX_TRANSACT_ITEMS - 1;
  if (keys.length > most) {
    throw new InvalidFilterError(
      at,
      `has ${keys.length} filters. An event is kept under each of them, in one transaction of at most ${most}: publish to fewer at once.`,
    );
  }
  const bytes = (utf8Bytes(text) + ROW_BYTES) * keys.length;
  if (bytes > MAX_TRANSACT_BYTES) {
    throw new InvalidFilterError(
      at,
      `has ${keys.length} filters. An event is kept under each of them, which takes ${bytes} bytes here; a transaction takes ${MAX_TRANSACT_BYTES}: publish to fewer at once.`,
    );
  }
}

/** Makes what is kept of an event, under a new id. */
export function eventToKeep(
  { app, eventIds }: KeepContext,
  { target: { path }, history }: { readonly target: Target; readonly history: History },
  { keys, data, key, outbox }: EventToKeep,
): NewEvent {
  const textOf = (id: string): string => anyKeptTextOf(app.router, path, { id, data });
  const cursor = eventIds.next();
  const expireAt = Math.ceil(((eventTimeMs(cursor) ?? 0) + history.keptMs) / 1000);
  const fingerprint = key === undefined ? "" : fingerprintOf(keys, textOf(""));
  return {
    path,
    filters: keys,
    cursor,
    text: textOf(cursor),
    expireAt,
    ...(key !== undefined && { once: { key, fingerprint } }),
    ...(outbox === true && { outbox }),
  };
}

/** Keeps an event under a new id, or finds the one that was kept with its key. */
export async function keepEvent(
  context: KeepContext,
  {
    target,
    history,
    signal,
  }: { readonly target: Target; readonly history: History; readonly signal: AbortSignal },
  given: EventToKeep,
): Promise<KeptEvent> {
  const { app } = context;
  const event = eventToKeep(context, { target, history }, given);
  const { cursor, text, once, ...place } = event;
  const kept = { cursor, text, eventId: cursor };
  // Nobody is meant, so there is nowhere to keep it.
  if (event.filters.length === 0) return kept;
  const outcome = await keepInTime((end) => app.store.history.keep(event, end), signal);
  if (outcome.status === "kept") return kept;
  const { path } = target;
  if (outcome.fingerprint !== once?.fingerprint) {
    const problem = "was given for another event, with other data or another filter";
    throw new InvalidOptionError(`publish on "${path}"`, "key", problem);
  }
  const { cursor: eventId, finished } = outcome;
  const first = anyKeptTextOf(app.router, path, { id: eventId, data: given.data });
  const repeated = { eventId, text: first, repeated: { finished } };
  if (finished || given.outbox === true) return { ...repeated, cursor: eventId };
  // It is posted now: who has got a later event meanwhile, and drops, would not look for it where it is.
  const anew = { ...place, cursor, text: first };
  await keepInTime((end) => app.store.history.keep(anew, end), signal);
  return { ...repeated, cursor };
}

/** To keep the same event twice changes nothing, so a try without an answer is repeated as it is. */
export async function keepInTime(
  keep: (signal: AbortSignal) => Promise<KeepOutcome>,
  signal: AbortSignal,
): Promise<KeepOutcome> {
  const limit = { timeoutMs: KEEP_TIMEOUT_MS, signal, from: "the store" };
  try {
    return await withTimeout(limit, keep);
  } catch (error) {
    if (!(error instanceof TransportError) || signal.aborted) throw error;
    return withTimeout(limit, keep);
  }
}

function fingerprintOf(keys: Keys, text: string): string {
  const audience = keys.map((key) => key ?? null).toSorted();
  return createHash("sha256")
    .update(JSON.stringify([audience, text]))
    .digest("base64url");
}
