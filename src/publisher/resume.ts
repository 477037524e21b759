import { CursorError } from "../errors/fanOut.ts";
import { InvalidOptionError } from "../errors.ts";
import type { ApiReference } from "../store/types.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { callLimit } from "./callLimit.ts";
import { openCursor } from "./cursor.ts";
import { asOwnJob } from "./deadLetter.ts";
import { keepYoung } from "./lateEvents.ts";
import { tellPublished } from "./observed.ts";
import { parsePayload } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { reportOf } from "./report.ts";
import { type Run, runJob } from "./runJob.ts";
import type { PublishReport, ResumeOptions } from "./types.ts";
import { inTime, withDeadline } from "./withDeadline.ts";

/** Goes on where a publish stopped. */
export async function resume(
  context: PublisherContext,
  cursor: unknown,
  options: ResumeOptions = {},
): Promise<PublishReport> {
  const limit = callLimit(context, "resume", checkNames(options));
  const startMs = performance.now();
  const { run, postMs } = await withDeadline(limit, ({ abort }) =>
    inTime("the store", abort, async () =>
      keepYoung(context, await openRun(context, cursor), abort),
    ),
  );
  const leftMs = limit.deadlineMs - (performance.now() - startMs);
  return withDeadline({ ...limit, deadlineMs: Math.min(leftMs, postMs) }, async (signals) => {
    try {
      const report = await asOwnJob(
        context,
        { job: run.job, leaseMs: limit.deadlineMs, abort: signals.abort },
        async (job) => {
          const own = { ...run, job };
          return reportOf(context, own, await runJob(context, own, signals));
        },
      );
      tellPublished(context, run, { ...report, by: "resume", duplicates: 0 });
      return report;
    } catch (error) {
      // The store's answer to a position in a shard that it has not.
      if (!(error instanceof RangeError)) throw error;
      throw new CursorError("unknown", `is for other shards of "${run.job.path}" than it has now`);
    }
  });
}

const OPTIONS: ReadonlySet<string> = new Set(["deadlineMs", "signal"]);

function checkNames(options: ResumeOptions): ResumeOptions {
  if (typeof options !== "object" || options === null) {
    throw new InvalidOptionError("resume", "options", "must be an object");
  }
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new InvalidOptionError("resume", unknown, "is not an option of it");
  }
  return options;
}

/**
 * What a cursor stands for.
 *
 * @throws {@link CursorError} when it cannot be used
 */
export async function openRun(context: PublisherContext, cursor: unknown): Promise<Run> {
  const { app } = context;
  const secret = await app.store.signingKey();
  const { job, event } = openCursor(cursor, { secret, nowMs: Date.now() });
  if (!isSameApi(context.api, job.api)) {
    throw new CursorError("unknown", "is for connections of another API or stage");
  }
  const definition = await definitionOf(app, job.path);
  if (definition === undefined) {
    throw new CursorError("unknown", `is for "${job.path}", which the router does not have`);
  }
  const text = event ?? (await app.store.fanOuts.kept(job.id));
  if (text === undefined) {
    throw new CursorError("unknown", "is for an event that is not kept any more");
  }
  const target = { path: job.path, definition };
  const payload = parsePayload(context, target, text);
  return { target, payload, job, isKept: event === undefined };
}

/** Connections of another API would all answer that they are gone, and be removed. */
function isSameApi(own: ApiReference | undefined, other: ApiReference | undefined): boolean {
  if (own === undefined || other === undefined) return true;
  return own.apiId === other.apiId && own.stage === other.stage;
}
