import { Observer } from "../events/observer.ts";
import { codeOf } from "../events/teller.ts";
import type { PublishedEvent, RejectedEvent, ToldAudience } from "../events/types.ts";
import { filterNameOf } from "../store/filterName.ts";
import type { FanOutJob, Keys } from "./job.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { PublishReport } from "./types.ts";

/** Runs one call with a context that observes it; as it is when nobody listens. */
export async function observed<TContext extends PublisherContext, T>(
  context: TContext,
  { path }: { readonly path?: string },
  work: (context: TContext) => Promise<T>,
): Promise<T> {
  const { tell, step } = context;
  if (tell === undefined) return work(context);
  const observer = new Observer(tell, path === undefined ? { step } : { step, path });
  return observer.counting(() => work({ ...context, observer }));
}

/** As {@link observed}; tells also when the call rejects. */
export function observedCall<T>(
  context: PublisherContext,
  at: Pick<RejectedEvent, "call" | "path">,
  work: (context: PublisherContext) => Promise<T>,
): Promise<T> {
  return observed(context, at, async (own) => {
    try {
      return await work(own);
    } catch (thrown) {
      const { observer } = own;
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      observer?.tell({
        type: "rejected",
        ...at,
        error,
        code: codeOf(error),
        durationMs: observer.durationMs,
      });
      throw thrown;
    }
  });
}

/** Names of the filters that keys are of. */
export function audienceOf(keys: Keys): ToldAudience {
  const names = keys.map((key) => (key === undefined ? undefined : filterNameOf(key)));
  const known = names.filter((name) => name !== undefined);
  return known.length < names.length ? "everybody" : [...new Set(known)];
}

/** Tells what became of a publish, or of a part of it. */
export function tellPublished(
  { observer }: PublisherContext,
  { job }: { readonly job: Pick<FanOutJob, "id" | "path" | "keys"> },
  report: Pick<PublishReport, "matched" | "delivered" | "gone" | "failed" | "complete" | "queued"> &
    Pick<PublishedEvent, "by" | "duplicates">,
): void {
  if (observer === undefined) return;
  const { by, matched, delivered, gone, failed, complete, queued = false, duplicates } = report;
  observer.tell({
    type: "published",
    by,
    fanOutId: job.id,
    path: job.path,
    filters: audienceOf(job.keys),
    matched,
    delivered,
    gone,
    failed,
    complete,
    queued,
    duplicates,
    durationMs: observer.durationMs,
  });
}
