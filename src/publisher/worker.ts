import { TimeTooShortError } from "../errors/fanOut.ts";
import { TransportError } from "../errors.ts";
import { MAX_TIMER_MS } from "../protocol/limits.ts";
import { type TimeLimit, withTimeout } from "./deliver.ts";
import { sendParts } from "./handOver.ts";
import {
  type FanOutJob,
  leftoverPart,
  nextPart,
  type Position,
  Progress,
  shardPart,
} from "./job.ts";
import { keepYoung } from "./lateEvents.ts";
import type { Match } from "./matches.ts";
import { tellPublished } from "./observed.ts";
import { claimPart, finishPart, isSent, noteSent } from "./partClaims.ts";
import type { QueueMessage } from "./queue.ts";
import { openRun } from "./resume.ts";
import { pagesOf, type Run, runJob } from "./runJob.ts";
import type { FanOutReport } from "./types.ts";
import { type CallSignals, inTime, withDeadline } from "./withDeadline.ts";
import type { WorkerContext } from "./workerContext.ts";

/** Time that a worker keeps to send what is left of its part, and to say that it is done. */
const RESERVE_MS = 1_500;
/** Part of it in which the queue has to take what is left. */
const LAST_SEND_MS = 1_000;

/**
 * Works on one message. The rest of the audience is handed on before anything is posted, so that workers follow each
 * other at once, and a worker that dies holds up its own part alone.
 *
 * The queue delivers a message at least once. A part is claimed in the store: what was finished is not done again, what
 * somebody is at is left to them, and whoever takes over a part of a worker that died ends it where the first one would
 * have, since the rows behind are in another message.
 *
 * Rejects when the message must be delivered again.
 *
 * @returns `undefined` when nothing was to be posted here: the part was divided, or done before
 */
export async function workOn(
  context: WorkerContext,
  message: Pick<QueueMessage, "body">,
  remainingMs: () => number,
): Promise<FanOutReport | undefined> {
  const startMs = remainingMs();
  const { run, postMs } = await withDeadline(
    { deadlineMs: remainingMs() - RESERVE_MS },
    ({ abort }) =>
      inTime("the store", abort, async () =>
        keepYoung(context, await openRun(context, message.body), abort),
      ),
  );
  const tooShort = (): Error => new TimeTooShortError(run.job.part, startMs);
  const deadlineMs = Math.min(remainingMs() - RESERVE_MS, postMs);
  return withDeadline({ deadlineMs }, async (signals) => {
    const { stop } = signals;
    const { shards } = run.target.definition;
    if (run.job.shard === undefined && shards > 1) {
      await divide(context, run, { shards, remainingMs, signal: stop });
      return undefined;
    }
    const part = await take(context, run, { remainingMs, signal: stop }).catch((error: unknown) => {
      throw stop.aborted && !(error instanceof TransportError) ? tooShort() : error;
    });
    if (part === undefined) return undefined;
    const report = await post(context, { run, part, signals });
    if (report === undefined) throw tooShort();
    return report;
  });
}

/** How long a worker may take. */
interface Term {
  readonly remainingMs: () => number;
  readonly signal: AbortSignal;
}

/** One message for each shard. Sent twice they have the same names, and are worked on once. */
async function divide(
  context: WorkerContext,
  run: Run,
  { shards, remainingMs, signal }: Term & { readonly shards: number },
): Promise<void> {
  const claim = await inTime("the store", signal, () =>
    claimPart(context, run.job, { leaseMs: remainingMs() }),
  );
  if (claim === undefined) return;
  const jobs = Array.from({ length: shards }, (_, shard) => ({
    ...run.job,
    shard,
    part: shardPart(run.job.part, shard),
    pending: shard === 0 ? run.job.pending : [],
  }));
  await send(context, { run, limit: { timeoutMs: MAX_TIMER_MS, signal } }, jobs);
  await finishPart(context, run.job);
}

/** What a worker posts to. */
interface Part {
  readonly rows: readonly Match[];
  /** Last rows of it; absent for the end of the job. */
  readonly end?: Position;
  /** Somebody may have posted to any of them before. */
  readonly repeated: boolean;
}

/** Reads a part and claims it; `undefined` when it is done. */
async function take(
  context: WorkerContext,
  run: Run,
  { remainingMs, signal }: Term,
): Promise<Part | undefined> {
  const found = await collect(context, run, { signal, limit: context.recipientsPerMessage });
  // One that is claimed and not begun would be held up, and counted as repeated.
  signal.throwIfAborted();
  const claim = await inTime("the store", signal, () =>
    claimPart(context, run.job, { leaseMs: remainingMs(), end: found.end }),
  );
  if (claim === undefined) return undefined;
  const { repeated, end } = claim;
  if (!repeated) return { ...found, repeated };
  const bounded = end === undefined ? run : { ...run, job: { ...run.job, end } };
  const all = await collect(context, bounded, { signal, limit: Number.POSITIVE_INFINITY });
  return { rows: all.rows, repeated, ...(end !== undefined && { end }) };
}

/** Whole pages, until there are enough rows; `end` when there may be more. */
async function collect(
  context: WorkerContext,
  run: Run,
  { signal, limit }: { readonly signal: AbortSignal; readonly limit: number },
): Promise<Pick<Part, "rows" | "end">> {
  const progress = new Progress(run.job.position);
  const rows: Match[] = [];
  for await (const page of pagesOf(context, run, signal)) {
    for (const match of page) {
      rows.push(match);
      progress.take(match.key ?? 0, match.route.key);
    }
    if (rows.length >= limit) return { rows, end: progress.position };
  }
  return { rows };
}

/** Posts to a part; `undefined` when there was no time for anybody. */
async function post(
  context: WorkerContext,
  { run, part, signals }: { readonly run: Run; readonly part: Part; readonly signals: CallSignals },
): Promise<FanOutReport | undefined> {
  const { job, target } = run;
  const { rows, repeated } = part;
  if (part.end !== undefined) {
    const next = { ...job, part: nextPart(job.part), position: part.end, pending: [] };
    const limit = { timeoutMs: MAX_TIMER_MS, signal: signals.stop };
    await sendOnce(context, { run, repeated, limit }, next);
  }
  const { tally, rest } = await runJob(context, run, { ...signals, pages: [rows] });
  const isRepeated = repeated || job.repeated === true;
  if (rest !== undefined) {
    // Sent on and on, it would never end.
    if (tally.matched === 0 && isAt(job.position, rest.position)) return undefined;
    const end = part.end ?? job.end;
    const limit = { timeoutMs: LAST_SEND_MS, signal: new AbortController().signal };
    await sendOnce(
      context,
      { run, repeated, limit },
      {
        ...rest,
        part: leftoverPart(job.part),
        ...(end !== undefined && { end }),
        ...(isRepeated && { repeated: true }),
      },
    );
  }
  await finishPart(context, run.job);
  const duplicates = isRepeated ? tally.matched : 0;
  tellPublished(context, run, { ...tally, by: "worker", complete: true, duplicates });
  return { ...tally, duplicates, path: target.path, fanOutId: job.id, part: job.part };
}

function isAt(before: Position, after: Position): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** What is sent, and how long that may take. */
interface Sending {
  readonly run: Run;
  readonly limit: Pick<TimeLimit, "timeoutMs" | "signal">;
}

/** Sends a part, unless the worker that is repeated has. */
async function sendOnce(
  context: WorkerContext,
  { repeated, ...sending }: Sending & { readonly repeated: boolean },
  job: FanOutJob,
): Promise<void> {
  if (repeated && (await isSent(context, job))) return;
  await send(context, sending, [job]);
  await noteSent(context, job);
}

function send(
  context: WorkerContext,
  { run, limit }: Sending,
  jobs: readonly FanOutJob[],
): Promise<void> {
  const { queue } = context;
  return withTimeout({ ...limit, from: "the queue" }, (signal) =>
    sendParts(context, { run, queue, signal }, jobs),
  );
}
