import { eventTimeMs } from "../../protocol/eventId.ts";
import type { OutboxEvent } from "../../store/types.ts";
import type { History } from "../../subscriptions/history.ts";
import { newJob, Progress } from "../job.ts";
import { foundForMs, lateAfterMs } from "../lateEvents.ts";
import type { Match, Target } from "../matches.ts";
import { keptPayload } from "../payload.ts";
import type { PublisherContext } from "../publisherOptions.ts";
import { pagesOf, type Run, type RunEnd, runJob } from "../runJob.ts";
import type { CallSignals } from "../withDeadline.ts";
import { type Checkpoint, writeCheckpoint } from "./checkpoint.ts";
import { OutOfTimeError } from "./outOfTime.ts";
import type { OutboxReport } from "./types.ts";

/** A subscriber's frame may have a time that is this much off ours. */
const MAX_SKEW_MS = 5_000;

/** What the fan-out of an event works with. */
interface EventFanOutParts {
  readonly target: Target;
  readonly history: History;
  readonly event: OutboxEvent;
  readonly signals: CallSignals;
}

/**
 * Posts one event of the stream to its audience, a page at a time, with a checkpoint behind each: a process that dies
 * repeats one page at most.
 *
 * A client that comes back is sent what was kept since a while before its cursor, so an event must be posted while its
 * own cursor is young: somebody might have got a later one, and drop in between. Streams may lag, though, and handlers
 * are repeated. So an event that is late is moved to a new cursor first. Who came back before that, to a place that was
 * passed already, neither was posted to nor found the event under the new cursor; so that place is looked at again, for
 * those who have subscribed since it was first.
 */
export class EventFanOut {
  readonly #context: PublisherContext;
  readonly #parts: EventFanOutParts;
  readonly #tally = { matched: 0, delivered: 0, gone: 0, failed: 0 };
  #at: Checkpoint;
  /** Somebody was posted to when who drops just then might not find the event under its cursor any more. */
  #hasPostedLate = false;

  constructor(context: PublisherContext, parts: EventFanOutParts, from: Checkpoint) {
    this.#context = context;
    this.#parts = parts;
    this.#at = from;
  }

  /** What this process did. */
  get report(): OutboxReport {
    const { path, cursor: eventId } = this.#parts.event;
    return { path, eventId, ...this.#tally };
  }

  /** Rejects when the event must come again. */
  async run(): Promise<void> {
    await this.#keepYoung();
    if (this.#at.pending.length > 0) await this.#post([]);
    await this.#postRest();
    // No other page comes before which it would be seen.
    while (this.#hasPostedLate) {
      await this.#move();
      await this.#lookAgain();
      await this.#postRest();
    }
    await this.#note({ done: true });
  }

  /** Posts to everybody behind those who were posted to. */
  async #postRest(): Promise<void> {
    for await (const page of pagesOf(this.#context, this.#run(), this.#parts.signals.stop)) {
      await this.#keepYoung();
      await this.#post(page);
    }
  }

  /** Posts to a page, and to those who were refused before. */
  async #post(page: readonly Match[]): Promise<void> {
    const progress = new Progress(this.#at.position);
    for (const { key = 0, route } of page) progress.take(key, route.key);
    const { rest } = await this.#runJob(this.#run(), page);
    const { position, pending } = rest ?? { position: progress.position, pending: [] };
    await this.#note({ position, pending });
    if (rest !== undefined) throw new OutOfTimeError(this.#parts.event.cursor);
  }

  async #keepYoung(): Promise<void> {
    if (this.#ageMs > lateAfterMs(this.#parts.history)) await this.#move();
    if (this.#at.lookAgain === true) await this.#lookAgain();
  }

  get #ageMs(): number {
    return Date.now() - (eventTimeMs(this.#at.cursor) ?? 0);
  }

  /** Keeps the event under a cursor of now, and no longer under the old one. */
  async #move(): Promise<void> {
    const { history, event } = this.#parts;
    const { app, eventIds } = this.#context;
    const old = this.#at.cursor;
    const cursor = eventIds.next();
    const movedAtMs = eventTimeMs(cursor) ?? 0;
    const expireAt = Math.ceil((movedAtMs + history.keptMs) / 1000);
    // Should it end in between, the event is kept twice, and its clients know it by its id.
    await app.store.history.keep({ ...event, cursor, expireAt });
    await app.store.history.forget({ ...event, cursor: old });
    const hasPassed = this.#at.position.after.length > 0 || this.#at.position.key > 0;
    await this.#note({ cursor, ...(hasPassed && { lookAgain: true }) });
    this.#hasPostedLate = false;
  }

  async #lookAgain(): Promise<void> {
    const { stop } = this.#parts.signals;
    const { startedAtMs, position, lookAgain: _, ...at } = this.#at;
    const againAtMs = Date.now();
    const run = this.#run();
    const passed = {
      ...run,
      job: { ...newJob(this.#context, run.job, run.job.id), end: position },
    };
    for await (const page of pagesOf(this.#context, passed, stop)) {
      const since = page.filter(({ route }) => route.requestTimeMs >= startedAtMs - MAX_SKEW_MS);
      if (since.length === 0) continue;
      const { rest } = await this.#runJob(passed, since);
      if (rest !== undefined) throw new OutOfTimeError(this.#parts.event.cursor);
    }
    this.#at = { ...at, position, startedAtMs: againAtMs };
    await this.#note({});
  }

  async #runJob(run: Run, page: readonly Match[]): Promise<RunEnd> {
    const end = await runJob(this.#context, run, { ...this.#parts.signals, pages: [page] });
    for (const each of ["matched", "delivered", "gone", "failed"] as const) {
      this.#tally[each] += end.tally[each];
    }
    if (end.tally.matched > 0)
      this.#hasPostedLate ||= this.#ageMs > foundForMs(this.#parts.history);
    return end;
  }

  #run(): Run {
    const { target, event } = this.#parts;
    const { position, pending, cursor } = this.#at;
    const { path, filters: keys } = event;
    const job = newJob(this.#context, { path, keys }, event.cursor);
    const payload = keptPayload(this.#context, target, { cursor, text: event.text });
    return { target, payload, job: { ...job, position, pending }, isKept: false };
  }

  async #note(change: Partial<Checkpoint>): Promise<void> {
    const at = { ...this.#at, ...change };
    const { cursor: eventId, expireAt } = this.#parts.event;
    await writeCheckpoint(this.#context.app, { eventId, expireAt }, at);
    this.#at = at;
  }
}
