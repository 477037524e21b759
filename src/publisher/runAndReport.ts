import { HandOver } from "./handOver.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { reportOf } from "./report.ts";
import { type Run, runJob } from "./runJob.ts";
import type { PublishReport } from "./types.ts";
import type { CallSignals } from "./withDeadline.ts";

/** Posts to everybody, or to as many as the queue leaves to this process. */
export async function runAndReport(
  context: PublisherContext,
  run: Run,
  signals: CallSignals,
): Promise<PublishReport> {
  const { queue } = context;
  if (queue === undefined) {
    return reportOf(context, run, await runJob(context, run, signals));
  }
  const handOver = new HandOver(context, run, queue);
  const pages = handOver.pages(signals.stop);
  const { tally, rest } = await runJob(context, run, { ...signals, pages });
  const left = rest && (handOver.end === undefined ? rest : { ...rest, end: handOver.end });
  const end = left === undefined ? { tally } : { tally, rest: left };
  const report = await reportOf(context, run, end);
  return handOver.end === undefined ? report : { ...report, queued: true };
}
