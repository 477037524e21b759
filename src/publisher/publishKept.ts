import type { History } from "../subscriptions/history.ts";
import type { HistoryPublishReport } from "./historyTypes.ts";
import { type FanOutJob, newJob } from "./job.ts";
import { checkKept, keepEvent } from "./keepEvent.ts";
import { OVERLAP_RESERVE_MS } from "./lateEvents.ts";
import type { Target } from "./matches.ts";
import { tellPublished } from "./observed.ts";
import { keptPayload } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { runAndReport } from "./runAndReport.ts";
import { type CallLimit, noteInTime, withDeadline } from "./withDeadline.ts";

/**
 * Publishes on a route with history: the event is kept first, so that whoever is not there to be posted to finds it
 * later.
 */
export function publishKept(
  context: PublisherContext,
  {
    target,
    history,
    limit,
  }: { readonly target: Target; readonly history: History; readonly limit: CallLimit },
  event: { readonly data: unknown; readonly key: string | undefined } & Pick<FanOutJob, "keys">,
): Promise<HistoryPublishReport> {
  const { path } = target;
  const { keys, key } = event;
  checkKept(context, target, event);
  const deadlineMs = Math.min(limit.deadlineMs, history.overlapMs - OVERLAP_RESERVE_MS);
  return withDeadline({ ...limit, deadlineMs }, async (signals) => {
    const kept = await keepEvent(context, { target, history, signal: signals.abort }, event);
    const { eventId } = kept;
    const repeated = kept.repeated && ({ repeated: true } as const);
    if (kept.repeated?.finished === true) {
      return { matched: 0, delivered: 0, gone: 0, failed: 0, complete: true, eventId, ...repeated };
    }
    const payload = keptPayload(context, target, kept);
    const job = newJob(context, { path, keys }, eventId);
    // Each repetition is kept under a cursor of its own.
    const repetition = kept.repeated && { repetition: kept.cursor };
    const run = { target, payload, job, isKept: false, ...repetition };
    const report = await runAndReport(context, run, signals);
    if (key !== undefined && report.complete) await noteEnd(context, { path, key });
    tellPublished(context, run, { ...report, by: "publish", duplicates: 0 });
    return { ...report, eventId, ...repeated };
  });
}

/** Never rejects: the event was posted, and to post it once more is what a repeated call does then. */
async function noteEnd(
  { app, report }: PublisherContext,
  at: { readonly path: string; readonly key: string },
): Promise<void> {
  try {
    await noteInTime(() => app.store.history.finish(at));
  } catch (error) {
    report(error, { path: at.path });
  }
}
