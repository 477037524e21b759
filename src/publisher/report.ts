import { randomBytes } from "node:crypto";
import { sealCursor } from "./cursor.ts";
import { withTimeout } from "./deliver.ts";
import { handOver } from "./handOver.ts";
import { type FanOutJob, leftoverPart } from "./job.ts";
import { payloadText } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { Run, RunEnd } from "./runJob.ts";
import type { PublishReport } from "./types.ts";

/** Time for the store to give its key, which is read once in the life of a process, or for the queue to take a part. */
const REST_TIMEOUT_MS = 500;

/** What the caller is told. What is left goes to the queue, if there is one, or into a cursor. */
export async function reportOf(
  context: PublisherContext,
  run: Run,
  { tally, rest }: RunEnd,
): Promise<PublishReport> {
  if (rest === undefined) return { ...tally, complete: true };
  if (await sendRest(context, run, rest)) return { ...tally, complete: true, queued: true };
  const cursor = await cursorOf(context, run, rest);
  return { ...tally, complete: false, ...(cursor !== undefined && { cursor }) };
}

function sendRest(context: PublisherContext, run: Run, rest: FanOutJob): Promise<boolean> {
  const { queue } = context;
  if (queue === undefined) return Promise.resolve(false);
  // A name of its own: a cursor may be cut more than once, and no two parts of a publish have the same.
  const own = randomBytes(6).toString("base64url");
  const left = { ...rest, part: leftoverPart(`${rest.part}.${own}`) };
  const { signal } = new AbortController();
  return handOver(context, { run, queue, limit: { timeoutMs: REST_TIMEOUT_MS, signal } }, left);
}

/** `undefined` where none can be made; `onError` is told why. */
async function cursorOf(
  context: PublisherContext,
  run: Run,
  job: FanOutJob,
): Promise<string | undefined> {
  const { path } = run.target;
  try {
    const event = payloadText(context, path, run.payload);
    const secret = await soon("the store", () => context.app.store.signingKey());
    return sealCursor({ job, event }, secret);
  } catch (error) {
    context.report(error, { path });
    return undefined;
  }
}

function soon<T>(from: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal } = new AbortController();
  return withTimeout({ timeoutMs: REST_TIMEOUT_MS, signal, from }, work);
}
