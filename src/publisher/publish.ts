import { callLimit } from "./callLimit.ts";
import type { HistoryPublishReport } from "./historyTypes.ts";
import { newJob } from "./job.ts";
import type { Target } from "./matches.ts";
import { tellPublished } from "./observed.ts";
import { createPayload } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { readPublish } from "./publishInput.ts";
import { publishKept } from "./publishKept.ts";
import { runAndReport } from "./runAndReport.ts";
import type { PublishReport } from "./types.ts";
import { withDeadline } from "./withDeadline.ts";

/**
 * Validates and serialises once, finds the subscribers, posts to each. Rejects before anything is read when the call is
 * wrong, and when the first page cannot be read; later failures are counted, so that one subscriber is never another's.
 */
export async function publish(
  context: PublisherContext,
  target: Target,
  options: unknown,
): Promise<PublishReport | HistoryPublishReport> {
  const { path, definition } = target;
  const input = await readPublish(context, target, { options });
  const limit = callLimit(context, `publish on "${path}"`, input);
  const { history } = definition;
  if (history !== undefined) return publishKept(context, { target, history, limit }, input);
  const { keys, data } = input;
  const payload = createPayload(context, target, data);
  const run = { target, payload, job: newJob(context, { path, keys }), isKept: false };
  const report = await withDeadline(limit, (signals) => runAndReport(context, run, signals));
  tellPublished(context, run, { ...report, by: "publish", duplicates: 0 });
  return report;
}
