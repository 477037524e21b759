import { WrongEndpointError } from "../errors.ts";
import type { Route, StoredSubscription } from "../store/types.ts";
import { type Report, runStopHooks } from "./endConnection.ts";
import { subscriberKey } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** Posts before the share of 410s says anything. */
const MIN_POSTS = 20;
/** Share of 410s from which the endpoint is suspected rather than the connections. */
const SUSPICIOUS_SHARE = 0.9;
/** Rows cleaned up together: the store needs few calls for many. */
const BATCH = 50;
/** Batches under way at once; posting goes on beside them. */
const MAX_BATCHES = 4;
/** Waiting rows beyond this are left to the next publish, so that memory does not grow with the audience. */
const MAX_WAITING = 1_000;
/** Subscriptions remembered as ended. Rows of one connection stand close together. */
const MAX_ENDED = 5_000;

/**
 * Removes what a publish finds closed. While nearly all posts say 410, as with a wrong endpoint, nothing is removed:
 * the subscriptions of a whole API would be lost.
 */
export class GoneConnections {
  readonly #context: Pick<PublisherContext, "app" | "postTimeoutMs" | "step" | "tell">;
  readonly #report: Report;
  readonly #ended = new Set<string>();
  /** Connections that `onEvent` was told of. */
  readonly #told = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #waiting: Route[] = [];
  #posted = 0;
  #gone = 0;

  constructor(
    context: Pick<PublisherContext, "app" | "postTimeoutMs" | "step" | "tell">,
    report: Report,
  ) {
    this.#context = context;
    this.#report = report;
  }

  /** Notes a post that was answered. Cleaning up goes on beside the posts, until {@link finish}. */
  noteAnswer(route: Route, gone: boolean): void {
    this.#posted++;
    if (gone) {
      this.#gone++;
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(route);
    }
    if (this.#posted < MIN_POSTS || this.#isSuspicious()) return;
    while (this.#waiting.length >= BATCH && this.#underWay.size < MAX_BATCHES) this.#beginBatch();
  }

  /** Cleans up the rest, or reports that the endpoint is suspected. Nothing is under way afterwards. */
  async finish(): Promise<void> {
    if (this.#isSuspicious()) {
      this.#report(new WrongEndpointError(this.#gone, this.#posted), {});
      this.#waiting = [];
    }
    while (this.#waiting.length > 0 || this.#underWay.size > 0) {
      while (this.#waiting.length > 0 && this.#underWay.size < MAX_BATCHES) this.#beginBatch();
      await Promise.race(this.#underWay);
    }
  }

  #isSuspicious(): boolean {
    return this.#posted >= MIN_POSTS && this.#gone / this.#posted >= SUSPICIOUS_SHARE;
  }

  #beginBatch(): void {
    const batch = this.#waiting.splice(0, BATCH);
    const running: Promise<void> = this.#cleanUp(batch).finally(() =>
      this.#underWay.delete(running),
    );
    this.#underWay.add(running);
  }

  async #cleanUp(routes: readonly Route[]): Promise<void> {
    const { app, tell, postTimeoutMs: timeoutMs } = this.#context;
    try {
      const stopped = await app.store.disconnectAll(routes);
      if (this.#ended.size > MAX_ENDED) this.#ended.clear();
      // Another batch may have met the same connection.
      const first = stopped.filter((subscription) => !this.#ended.has(subscriberKey(subscription)));
      for (const subscription of first) this.#ended.add(subscriberKey(subscription));
      const limit = { timeoutMs, signal: new AbortController().signal };
      await runStopHooks(app, first, { report: this.#report, limit });
      if (tell !== undefined) this.#tellGone(routes, first);
    } catch (error) {
      this.#report(error, {});
    }
  }

  #tellGone(routes: readonly Route[], ended: readonly StoredSubscription[]): void {
    const { step, tell } = this.#context;
    if (this.#told.size > MAX_ENDED) this.#told.clear();
    for (const connectionId of new Set(routes.map(({ subscriber }) => subscriber.connectionId))) {
      // Another batch may have met the same connection.
      if (this.#told.has(connectionId)) continue;
      this.#told.add(connectionId);
      const subscriptions = ended.filter((each) => each.connectionId === connectionId).length;
      tell?.({ type: "gone", connectionId, subscriptions, step });
    }
  }
}
