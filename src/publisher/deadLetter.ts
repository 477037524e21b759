import { type FanOutJob, FIRST_PART, nextPart } from "./job.ts";
import { claimPart, finishPart, isSent } from "./partClaims.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { PublishReport } from "./types.ts";
import { inTime } from "./withDeadline.ts";

const NOBODY: PublishReport = { matched: 0, delivered: 0, gone: 0, failed: 0, complete: true };

/**
 * Goes on with a job. One of a queue's message, whose workers died, is claimed as a worker would: it ends where they
 * have sent on the rest, it is nobody's when it is done, and the queue's next worker finds it done. A cursor that a
 * call gave is done as often as it is given.
 *
 * @throws {@link PartBusyError} while a worker is at it
 */
export async function asOwnJob(
  context: Pick<PublisherContext, "app" | "report">,
  {
    job,
    leaseMs,
    abort,
  }: { readonly job: FanOutJob; readonly leaseMs: number; readonly abort: AbortSignal },
  work: (job: FanOutJob) => Promise<PublishReport>,
): Promise<PublishReport> {
  if (job.part === FIRST_PART) return work(job);
  const claim = await inTime("the store", abort, () => claimPart(context, job, { leaseMs }));
  if (claim === undefined) return NOBODY;
  const { end } = claim;
  const isBounded =
    end !== undefined &&
    (await inTime("the store", abort, () => isSent(context, { ...job, part: nextPart(job.part) })));
  const report = await work({ ...job, part: FIRST_PART, ...(isBounded && { end }) });
  // What is left is in the cursor.
  if (report.complete || report.cursor !== undefined) await finishPart(context, job);
  return report;
}
