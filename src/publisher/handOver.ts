import { cursorExpiry, sealCursor } from "./cursor.ts";
import { type FanOutJob, nextPart, type Position, Progress } from "./job.ts";
import type { Match } from "./matches.ts";
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

/** Time for {@link withdraw} to say that a part is finished; until then it looks as if somebody were at it. */
const WITHDRAW_MS = 5_000;

/**
 * Keeps a part that could not be sent from the workers: its message may have arrived, with only the answer lost, and
 * would reach everybody a second time. Never rejects; what the store does not tell is taken for the likely case.
 *
 * @returns `false` when a worker has the part, and goes on with it
 */
export async function withdraw(
  context: PublisherContext,
  { id, part, path, issuedAtMs }: FanOutJob,
): Promise<boolean> {
  const { fanOuts } = context.app.store;
  const leaseUntil = Date.now() + WITHDRAW_MS;
  const expireAt = cursorExpiry({ issuedAtMs });
  try {
    const claim = { fanOutId: id, part, end: JSON.stringify(null), leaseUntil, expireAt };
    const outcome = await fanOuts.claim(claim);
    if (outcome.status !== "claimed" || outcome.repeated) return false;
    await fanOuts.finish({ fanOutId: id, part });
  } catch (error) {
    context.report(error, { path });
  }
  return true;
}

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
      if (own.length > 0) yield own;
      if (own.length === page.length) continue;
      if (await this.#send(progress.position, stop)) return;
      room = Number.POSITIVE_INFINITY;
      yield page.slice(own.length);
    }
  }

  async #send(position: Position, stop: AbortSignal): Promise<boolean> {
    const { job, target } = this.#run;
    const rest = { ...job, part: nextPart(job.part), position, pending: [] };
    // What is left at the stop is sent then.
    if (stop.aborted) return false;
    try {
      await sendParts(this.#context, { run: this.#run, queue: this.#queue, signal: stop }, [rest]);
    } catch (error) {
      if (!stop.aborted) this.#context.report(error, { path: target.path });
      if (await withdraw(this.#context, rest)) return false;
    }
    this.end = position;
    return true;
  }
}
