import { MAX_TIMER_MS } from "../protocol/limits.ts";
import { cursorExpiry, sealCursor } from "./cursor.ts";
import { type TimeLimit, withTimeout } from "./deliver.ts";
import { type FanOutJob, firstQueuedPart, type Position, Progress } from "./job.ts";
import type { Match } from "./matches.ts";
import { withdraw } from "./partClaims.ts";
import { payloadText } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { FanOutQueue } from "./queue.ts";
import { pagesOf, type Run } from "./runJob.ts";

/**
 * Sends parts of a fan-out to the queue, for workers to go on with. An event that would make a message larger than the
 * queue wants is kept in the store, once for all parts.
 */
export async function sendParts(
  context: PublisherContext,
  {
    run,
    queue,
    signal,
  }: {
    readonly run: Run;
    readonly queue: FanOutQueue;
    readonly signal: AbortSignal;
  },
  jobs: readonly FanOutJob[],
): Promise<void> {
  const { store } = context.app;
  const secret = await store.signingKey();
  if (!run.isKept) {
    const event = payloadText(context, run.target.path, run.payload);
    const messages = jobs.map((job) => sealCursor({ job, event }, secret));
    if (messages.every((message) => message.length <= queue.maxMessageBytes)) {
      return queue.send(messages, signal);
    }
    await store.fanOuts.keep(run.job.id, event, cursorExpiry(run.job));
  }
  await queue.send(
    jobs.map((job) => sealCursor({ job }, secret)),
    signal,
  );
}

/** Time for the store to say whether a part that could not be sent is a worker's. */
const WITHDRAW_TIMEOUT_MS = 500;

/**
 * Sends one part to the queue. When that fails `onError` is told, and the part is kept from the workers, since its
 * message may have arrived nevertheless. Never rejects.
 *
 * @returns whether it is the workers' now
 */
export async function handOver(
  context: PublisherContext,
  { run, queue, limit }: { readonly run: Run; readonly queue: FanOutQueue; readonly limit: Limit },
  job: FanOutJob,
): Promise<boolean> {
  const { path } = run.target;
  try {
    await withTimeout({ ...limit, from: "the queue" }, (signal) =>
      sendParts(context, { run, queue, signal }, [job]),
    );
    return true;
  } catch (error) {
    // At the end of a call nobody is surprised: what is left is sent then.
    if (!limit.signal.aborted) context.report(error, { path });
  }
  const { signal } = new AbortController();
  try {
    const withdrawing = { timeoutMs: WITHDRAW_TIMEOUT_MS, signal, from: "the store" };
    return !(await withTimeout(withdrawing, () => withdraw(context, job)));
  } catch (error) {
    context.report(error, { path });
    return false;
  }
}

type Limit = Pick<TimeLimit, "timeoutMs" | "signal">;

/** The pages of a publish up to the queue's threshold; the rest of a larger audience goes to the queue. */
export class HandOver {
  /** Where this process's part ends, once the rest was handed over. */
  end: Position | undefined;
  readonly #context: PublisherContext;
  readonly #run: Run;
  readonly #queue: FanOutQueue;

  constructor(context: PublisherContext, run: Run, queue: FanOutQueue) {
    this.#context = context;
    this.#run = run;
    this.#queue = queue;
  }

  /**
   * The rest is sent while the rows before it are posted to. When the queue does not take it `onError` is told, and
   * this process posts to everybody itself.
   */
  async *pages(stop: AbortSignal): AsyncGenerator<readonly Match[], void, undefined> {
    const progress = new Progress(this.#run.job.position);
    let room = this.#queue.threshold;
    for await (const page of pagesOf(this.#context, this.#run, stop)) {
      const own = page.slice(0, room);
      for (const { route, key = 0 } of own) progress.take(key, route.key);
      room -= own.length;
      if (own.length === page.length) {
        yield page;
        continue;
      }
      const sending = this.#send(progress.position, stop);
      try {
        if (own.length > 0) yield own;
      } finally {
        // Also for a call that stops reading here.
        await sending;
      }
      if (await sending) return;
      room = Number.POSITIVE_INFINITY;
      yield page.slice(own.length);
    }
  }

  async #send(position: Position, signal: AbortSignal): Promise<boolean> {
    const run = this.#run;
    const part = firstQueuedPart(run.repetition);
    const rest = { ...run.job, part, position, pending: [] };
    const limit = { timeoutMs: MAX_TIMER_MS, signal };
    const isSent = await handOver(this.#context, { run, queue: this.#queue, limit }, rest);
    if (isSent) this.end = position;
    return isSent;
  }
}
