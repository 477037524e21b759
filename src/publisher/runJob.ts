import { fanOut } from "./fanOut.ts";
import type { FanOutJob } from "./job.ts";
import { findMatches, type Match, readStored, type Target, withStored } from "./matches.ts";
import type { Payload } from "./payload.ts";
import { Poster, type Tally } from "./poster.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { type CallSignals, inTime } from "./withDeadline.ts";

/** One event for one audience. */
export interface Run {
  readonly target: Target;
  readonly payload: Payload;
  readonly job: FanOutJob;
  /** The store keeps the event for workers. */
  readonly isKept: boolean;
  /** Tells a call that repeats another one by its `key` from every other call for this event. */
  readonly repetition?: string;
}

/** What became of a job. */
export interface RunEnd {
  readonly tally: Readonly<Tally>;
  /** What is left of the job; absent when nothing is. */
  readonly rest?: FanOutJob;
}

/** The rows of a job, read as they are asked for. */
export function pagesOf(
  context: PublisherContext,
  { target, payload, job }: Run,
  signal: AbortSignal,
): AsyncIterable<readonly Match[]> {
  const { shards } = target.definition;
  const pages = findMatches(context, job, { shards, signal });
  return payload.kind === "own" ? withStored(context, pages) : pages;
}

/**
 * Posts an event to its audience. Rejects when nothing at all could be read, which is the caller's to handle; later
 * failures are counted and reported, so that one subscriber's is never another's.
 */
export async function runJob(
  context: PublisherContext,
  run: Run,
  options: CallSignals & {
    readonly pages?: AsyncIterable<readonly Match[]> | readonly (readonly Match[])[];
  },
): Promise<RunEnd> {
  const { target, job } = run;
  const { stop, abort } = options;
  const again = await inTime("the store", abort, () => pendingOf(context, job));
  const poster = new Poster(context, run, abort);
  const end = await fanOut({
    pages: poster.counting(options.pages ?? pagesOf(context, run, stop)),
    again,
    work: (match, attempt) => poster.post(match, attempt),
    gate: context.gate,
    stop,
    abort,
  });
  try {
    await inTime("the store", abort, () => poster.finish());
  } catch (error) {
    context.report(error, { path: target.path });
  }
  await poster.finishFences();
  const { tally } = poster;
  if ("error" in end) {
    if (!poster.hasBegun) throw end.error;
    context.report(end.error, { path: target.path });
  }
  if (end.allTaken && end.waiting.length === 0) return { tally };
  const { position } = poster.progress;
  const pending = end.waiting.map(({ route }) => route);
  return { tally, rest: { ...job, position, pending } };
}

/** Those who are still subscribed: a cursor may be older than what became of them. */
function pendingOf(context: PublisherContext, { pending }: FanOutJob): Promise<readonly Match[]> {
  return readStored(
    context,
    pending.map((route) => ({ route })),
  );
}
