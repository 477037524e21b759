import type { Route } from "../../store/types.ts";
import type { App } from "../../subscriptions/app.ts";
import { type Position, START } from "../job.ts";

/** How far the fan-out of an event has come. */
export interface Checkpoint {
  /** Where the event is kept by now. */
  readonly cursor: string;
  readonly position: Position;
  /** Taken before, refused when they were tried, and to be tried again. */
  readonly pending: readonly Route[];
  /** When the reading of what is before `position` began, or was done again, in epoch milliseconds. */
  readonly startedAtMs: number;
  /** What is before `position` is to be looked at again, since the event was moved. */
  readonly lookAgain?: true;
  readonly done?: true;
}

/**
 * A stream keeps what it brings for 24 hours, and brings an event again for as long as it fails. A checkpoint that went
 * before that, with an event that is late, would have each try begin anew.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
const STREAM_SECONDS = 24 * 3_600;

/**
 * What a checkpoint is kept under: not the event's id alone, under which a publisher that was given the same `key` keeps
 * the event's text for workers. No id of a fan-out has a dot.
 */
const idOf = (eventId: string): string => `${eventId}.outbox`;

/** The checkpoint of an event; the start for one that nobody has begun with. */
export async function readCheckpoint(
  { store }: Pick<App, "store">,
  eventId: string,
): Promise<Checkpoint> {
  const text = await store.fanOuts.kept(idOf(eventId));
  if (text !== undefined) return JSON.parse(text);
  return { cursor: eventId, position: START, pending: [], startedAtMs: Date.now() };
}

/** Notes a checkpoint. */
export function writeCheckpoint(
  { store }: Pick<App, "store">,
  { eventId, expireAt }: { readonly eventId: string; readonly expireAt: number },
  checkpoint: Checkpoint,
): Promise<void> {
  const until = Math.max(expireAt, Math.ceil(Date.now() / 1000) + STREAM_SECONDS);
  return store.fanOuts.keep(idOf(eventId), JSON.stringify(checkpoint), until);
}
