import { eventIdAt, eventTimeMs } from "../protocol/eventId.ts";
import type { History } from "../subscriptions/history.ts";
import { keepInTime } from "./keepEvent.ts";
import { keptOf, keptPayload } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { Run } from "./runJob.ts";

/** Age of a cursor from which on an event is kept under a new one, where the overlap allows for it. */
const LATE_MS = 10_000;
/** Part of the overlap that is left for clocks that differ, and for closing what could not be posted to. */
export const OVERLAP_RESERVE_MS = 5_000;

/** Age of a cursor from which on an event is late. */
export function lateAfterMs({ overlapMs }: Pick<History, "overlapMs">): number {
  return Math.min(LATE_MS, overlapMs / 3);
}

/** Age of a cursor up to which who has got a later event, and drops, surely finds this one. */
export function foundForMs({ overlapMs }: Pick<History, "overlapMs">): number {
  return Math.max(overlapMs - OVERLAP_RESERVE_MS, lateAfterMs({ overlapMs }));
}

/** A run that others may find in the history, and how long it may post so that they do. */
interface YoungRun {
  readonly run: Run;
  readonly postMs: number;
}

/**
 * Keeps an event anew that a worker, or who resumes a publish, comes late to.
 *
 * A client that comes back is sent what was kept since an overlap before its cursor. It may have got a later event, and
 * drop just when this one is posted to it; so there has to be a cursor of the event that is younger than the overlap
 * as long as it is posted. Workers who come at about the same time make the same cursor, so that a replay finds one
 * event and not one for each of them.
 *
 * @throws {@link TransportError} when the table does not answer
 */
export async function keepYoung(
  context: PublisherContext,
  run: Run,
  signal: AbortSignal,
): Promise<YoungRun> {
  const { app } = context;
  const { target, job } = run;
  const { history } = target.definition;
  const kept = history && keptOf(context, target.path, run.payload);
  const keptAtMs = kept && eventTimeMs(kept.cursor);
  // For nobody, it was kept nowhere.
  const isKept = history !== undefined && job.keys.length > 0;
  if (!isKept || kept === undefined || keptAtMs === undefined) {
    return { run, postMs: Number.POSITIVE_INFINITY };
  }
  const nowMs = Date.now();
  const lateMs = lateAfterMs(history);
  if (nowMs - keptAtMs <= lateMs) return { run, postMs: postingMs(history, nowMs - keptAtMs) };
  const movedAtMs = Math.floor(nowMs / lateMs) * lateMs;
  const moved = { text: kept.text, cursor: eventIdAt(kept.cursor, movedAtMs) };
  const expireAt = Math.ceil((movedAtMs + history.keptMs) / 1000);
  const event = { ...moved, path: target.path, filters: job.keys, expireAt };
  await keepInTime((end) => app.store.history.keep(event, end), signal);
  return {
    run: { ...run, payload: keptPayload(context, target, moved) },
    postMs: postingMs(history, nowMs - movedAtMs),
  };
}

/** A third is left even of the shortest overlap, and a third for an age that is not late. */
function postingMs(history: History, ageMs: number): number {
  return Math.max(foundForMs(history) - Math.max(0, ageMs), history.overlapMs / 3);
}
