import { PartBusyError } from "../errors/fanOut.ts";
import type { WorkClaim } from "../store/types.ts";
import { cursorExpiry } from "./cursor.ts";
import type { FanOutJob, Position } from "./job.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { noteInTime } from "./withDeadline.ts";

/** A part is not claimed for longer than a Lambda function can run, however long a process has elsewhere. */
const MAX_LEASE_MS = 15 * 60_000;

/** A part that is ours. */
export interface ClaimedPart {
  /** Somebody had it before, and may have done any of it. */
  readonly repeated: boolean;
  /** Where the part ends, as the first one who claimed it said; absent for the end of the job. */
  readonly end?: Position;
}

/**
 * Claims a part; `undefined` when it is done.
 *
 * @param options - `end` is where it is to end, if nobody has said so before
 * @throws {@link PartBusyError} while somebody else is at it
 */
export async function claimPart(
  { app }: Pick<PublisherContext, "app">,
  job: FanOutJob,
  { leaseMs, end }: { readonly leaseMs: number; readonly end?: Position | undefined },
): Promise<ClaimedPart | undefined> {
  const claim = await app.store.fanOuts.claim({
    ...workOf(job),
    end: JSON.stringify(end ?? null),
    leaseUntil: Date.now() + Math.min(leaseMs, MAX_LEASE_MS),
  });
  if (claim.status === "busy") throw new PartBusyError(job.part, claim.leaseUntil);
  if (claim.status === "done") return undefined;
  const first: Position | null = JSON.parse(claim.end);
  return { repeated: claim.repeated, ...(first !== null && { end: first }) };
}

/**
 * Says that all of a part was posted to or sent on. Never rejects: to do it again, because this could not be noted,
 * would be the worse fault.
 */
export async function finishPart(
  context: Pick<PublisherContext, "app" | "report">,
  { id, part, path }: FanOutJob,
): Promise<void> {
  try {
    await noteInTime(() => context.app.store.fanOuts.finish({ fanOutId: id, part }));
  } catch (error) {
    context.report(error, { path });
  }
}

/** Time in which a part is {@link withdraw}n; until it is finished it looks as if somebody were at it. */
const WITHDRAW_MS = 5_000;

/**
 * Keeps a part that could not be sent from the workers: its message may have arrived, with only the answer lost, and
 * would reach everybody a second time. Never rejects; what the store does not tell is taken for the likely case.
 *
 * @returns `false` when a worker has the part, and goes on with it
 */
export async function withdraw(
  context: Pick<PublisherContext, "app" | "report">,
  job: FanOutJob,
): Promise<boolean> {
  try {
    const claim = await claimPart(context, job, { leaseMs: WITHDRAW_MS });
    if (claim === undefined || claim.repeated) return false;
    await finishPart(context, job);
  } catch (error) {
    if (error instanceof PartBusyError) return false;
    context.report(error, { path: job.path });
  }
  return true;
}

/** Whether {@link noteSent} was called for a part. */
export async function isSent(
  { app }: Pick<PublisherContext, "app">,
  job: FanOutJob,
): Promise<boolean> {
  // A claim for no time asks and takes nothing.
  const { status } = await app.store.fanOuts.claim({ ...noteOf(job), leaseUntil: 0 });
  return status === "busy";
}

/**
 * Notes that a part was sent, so that whoever repeats this process does not send it again: copies would multiply with
 * every part while all workers die. Never rejects: it is sent, and a copy does little harm.
 */
export async function noteSent(
  { app, report }: Pick<PublisherContext, "app" | "report">,
  job: FanOutJob,
): Promise<void> {
  const note = noteOf(job);
  try {
    await noteInTime(() => app.store.fanOuts.claim({ ...note, leaseUntil: note.expireAt * 1000 }));
  } catch (error) {
    report(error, { path: job.path });
  }
}

function workOf(job: FanOutJob): Omit<WorkClaim, "end" | "leaseUntil"> {
  return { fanOutId: job.id, part: job.part, expireAt: cursorExpiry(job) };
}

/** A claim that does not end. No part has its name: they end in numbers. */
function noteOf(job: FanOutJob): Omit<WorkClaim, "leaseUntil"> {
  return { ...workOf(job), part: `${job.part}.sent`, end: "" };
}
