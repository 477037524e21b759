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

/** The checkpoint of an event; the start for one that nobody has begun with. */
export async function readCheckpoint(
  { store }: Pick<App, "store">,
  eventId: string,
): Promise<Checkpoint> {
  const text = await store.fanOuts.kept(eventId);
  if (text !== undefined) return JSON.parse(text);
  return { cursor: eventId, position: START, pending: [], startedAtMs: Date.now() };
}

/** Notes a checkpoint. */
export function writeCheckpoint(
  { store }: Pick<App, "store">,
  { eventId, expireAt }: { readonly eventId: string; readonly expireAt: number },
  checkpoint: Checkpoint,
): Promise<void> {
  return store.fanOuts.keep(eventId, JSON.stringify(checkpoint), expireAt);
}
