import { TransportError } from "../errors.ts";
import { noteThrottled } from "../events/observer.ts";
import type { Route } from "../store/types.ts";
import { type Delivery, delayBefore } from "./deliver.ts";
import type { Try } from "./fanOut.ts";
import { Fences } from "./fences.ts";
import { GoneConnections } from "./goneConnections.ts";
import { Progress } from "./job.ts";
import type { Match } from "./matches.ts";
import { frameFor } from "./payload.ts";
import { PostTimeouts } from "./postTimeouts.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { Run } from "./runJob.ts";

/** Subscribers above which a transport may take the way for many. */
const BULK_FROM = 100;

/** Counts of one fan-out, see `PublishReport`. */
export interface Tally {
  matched: number;
  delivered: number;
  gone: number;
  failed: number;
}

/** Posts one event to one after the other, and counts. */
export class Poster {
  readonly tally: Tally = { matched: 0, delivered: 0, gone: 0, failed: 0 };
  readonly progress: Progress;
  readonly #context: PublisherContext;
  readonly #run: Run;
  readonly #abort: AbortSignal;
  readonly #gone: GoneConnections;
  readonly #timeouts: PostTimeouts;
  /** Absent for events that are not kept. */
  readonly #fences: Fences | undefined;
  #found = 0;
  #posts = 0;
  /** Of `onData`, for another try. */
  readonly #frames = new Map<Route, string>();

  constructor(context: PublisherContext, run: Run, abort: AbortSignal) {
    this.#context = context;
    this.#run = run;
    this.#abort = abort;
    this.progress = new Progress(run.job.position);
    this.#gone = new GoneConnections(context, (error, at) =>
      context.report(error, { path: run.target.path, ...at }),
    );
    this.#timeouts = new PostTimeouts(context.postTimeoutMs, abort);
    const { path, definition } = run.target;
    this.#fences = definition.history && new Fences(context, { path, eventId: run.job.id });
  }

  /** Somebody was posted to, or would have been. */
  get hasBegun(): boolean {
    return this.#posts > 0 || this.tally.matched > 0;
  }

  /** The pages, counted as they are read. */
  async *counting(
    pages: AsyncIterable<readonly Match[]> | Iterable<readonly Match[]>,
  ): AsyncGenerator<readonly Match[], void, undefined> {
    for await (const page of pages) {
      this.#found += page.length;
      yield page;
    }
  }

  /** Cleans up what was found closed. To be called when nothing is under way. */
  async finish(): Promise<void> {
    this.#timeouts.close();
    await this.#gone.finish();
  }

  /** Waits until what could not be posted to is closed, for its own time. Never rejects. */
  async finishFences(): Promise<void> {
    await this.#fences?.finish();
  }

  /** One try for one subscriber. Never rejects. */
  async post(match: Match, attempt: number): Promise<Try> {
    const { route, key } = match;
    const firstTry = attempt === 1 && key !== undefined;
    if (firstTry) this.progress.take(key, route.key);
    let frame: string | undefined;
    try {
      frame = this.#frames.get(route) ?? (await this.#frameFor(match));
    } catch (error) {
      // Out of time, and nothing wrong with the event: it is not to be skipped either.
      const isOutOfTime = this.#abort.aborted || error instanceof TransportError;
      if (isOutOfTime) this.#fences?.add(route.subscriber.connectionId);
      return this.#settle(route, { status: "failed", error: toError(error) });
    }
    if (frame === undefined) return this.#settle(route, { status: "dropped" });
    const { transport, gate, maxAttempts } = this.#context;
    // The first one shows the transport how its client posts today.
    const bulk = this.#posts++ > 0 && this.#found > BULK_FROM;
    const { connectionId } = route.subscriber;
    const text = frame;
    const startedAt = performance.now();
    const failure = await this.#timeouts.run((signal) =>
      transport.post(connectionId, text, { signal, bulk }),
    );
    const latencyMs = performance.now() - startedAt;
    const refused = failure?.failure === "throttled";
    if (refused) noteThrottled("managementApi");
    const answer = { latencyMs, refused, firstTry, connectionId };
    if (failure === undefined) return this.#settle(route, { status: "delivered" }, answer);
    if (failure.failure === "gone") return this.#settle(route, { status: "gone" }, answer);
    const tries = refused ? gate.refusals.tries(maxAttempts) : maxAttempts;
    const isWorthAnother = refused || failure.failure === "transient";
    if (!isWorthAnother || attempt >= tries || this.#abort.aborted) {
      const outcome = { status: "failed", error: failure } as const;
      this.#fences?.add(connectionId);
      return this.#settle(route, outcome, refused ? answer : undefined);
    }
    if (this.#run.payload.kind === "own") this.#frames.set(route, frame);
    return { againAfterMs: delayBefore(attempt + 1), ...(refused && { answer }) };
  }

  #frameFor(match: Match): Promise<string | undefined> {
    const { target, payload } = this.#run;
    const { route, stored } = match;
    const { subscriber } = route;
    return frameFor(this.#context, target, { payload, subscriber, stored, signal: this.#abort });
  }

  #settle(
    route: Route,
    outcome: Delivery | { readonly status: "dropped" },
    answer?: Try["answer"],
  ): Try {
    this.#frames.delete(route);
    this.tally.matched++;
    const { connectionId } = route.subscriber;
    if (outcome.status === "failed") {
      this.tally.failed++;
      this.#context.report(outcome.error, { path: this.#run.target.path, connectionId });
    } else if (outcome.status !== "dropped") {
      this.tally[outcome.status]++;
      this.#gone.noteAnswer(route, outcome.status === "gone");
    }
    return answer === undefined ? {} : { answer };
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
