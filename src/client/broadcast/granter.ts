import { BrokerConnectionError } from "../../errors/broadcast.ts";
import type { Grant } from "../../protocol/broadcast.ts";
import type { TellLinkEvent } from "./events.ts";
import { gapError, inTime, toError } from "./failure.ts";
import { hold } from "./grants.ts";
import type { Subscriber } from "./subscriber.ts";
import { Timer } from "./timer.ts";

/** Time for the server to answer, cold start and middleware included. */
const GRANT_TIMEOUT_MS = 30_000;

/** What a {@link Granter} goes by. */
export interface GranterOptions {
  /** @param lastEventId - asks also what came after it */
  readonly ask: (
    subscriber: Subscriber,
    signal: AbortSignal,
    lastEventId?: string,
  ) => Promise<Grant>;
  readonly renewBeforeMs: number;
  readonly tell: TellLinkEvent;
}

/** Who is told what came of asking. */
export interface GranterEvents {
  /** A subscriber was granted other topics than before. */
  othersGranted(subscriber: Subscriber, topics: readonly string[]): void;
  notGranted(subscriber: Subscriber, error: Error): void;
  notResumed(subscriber: Subscriber, error: Error): void;
  /** Some were answered, all that were answered together. */
  answered(): void;
}

/** Gets grants for subscribers. */
export class Granter {
  readonly #options: GranterOptions;
  readonly #events: GranterEvents;
  /** All of one batch are answered together: a line is opened with the grants of all of them. */
  readonly #soon = new Timer();
  #resuming: Promise<void> = Promise.resolve();

  constructor(options: GranterOptions, events: GranterEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Asks for those whose grant is over, if nobody has yet. */
  askLapsed(subscribers: ReadonlySet<Subscriber>): void {
    for (const each of subscribers) if (!each.needsGrant && !each.isGranted) this.ask(each);
  }

  /** Asks for all of them. What is under way may be answered to who was signed in before: it counts for nothing. */
  askAnew(subscribers: ReadonlySet<Subscriber>): void {
    for (const each of subscribers) {
      each.asking = undefined;
      this.ask(each);
    }
  }

  /** Not async: all requests of one tick go to the link in that tick, which batches them. */
  ask(subscriber: Subscriber): void {
    if (subscriber.asking !== undefined || subscriber.isOver) return;
    const asking = {};
    subscriber.needsGrant = true;
    subscriber.asking = asking;
    const { ask, renewBeforeMs, tell } = this.#options;
    const limit = { what: "grant", timeoutMs: GRANT_TIMEOUT_MS, outer: subscriber.signal };
    const askedAtMs = Date.now();
    inTime(limit, (signal) => ask(subscriber, signal)).then(
      (grant) => {
        if (subscriber.isOver || subscriber.asking !== asking) return;
        subscriber.asking = undefined;
        const before = subscriber.topics;
        subscriber.held = hold(grant, renewBeforeMs, askedAtMs);
        subscriber.needsGrant = false;
        const { topics } = grant;
        tell({ type: "granted", path: subscriber.op.path, topics: topics.length });
        const isOther = before !== undefined && before.join() !== topics.join();
        if (isOther) this.#events.othersGranted(subscriber, topics);
        this.#answered();
      },
      (thrown) => {
        if (subscriber.isOver || subscriber.asking !== asking) return;
        subscriber.asking = undefined;
        this.#events.notGranted(subscriber, toError(thrown));
        this.#answered();
      },
    );
  }

  /**
   * Asks what a subscriber has missed that hears its topics again. One after the other: an answer may be as large as a
   * server can send, and links put what is asked at once into one request.
   */
  resume(subscriber: Subscriber): void {
    const { holds } = subscriber;
    this.#resuming = this.#resuming.then(() => this.#resume(subscriber, holds));
  }

  async #resume(subscriber: Subscriber, holds: number): Promise<void> {
    // What was read before another cut says nothing of that one.
    const isWanted = (): boolean => subscriber.isBehind && subscriber.holds === holds;
    if (!isWanted()) return;
    subscriber.isResuming = true;
    const { cursor, op } = subscriber;
    const limit = { what: "missed events", timeoutMs: GRANT_TIMEOUT_MS, outer: subscriber.signal };
    try {
      const { topics, history } = await inTime(limit, (signal) =>
        this.#options.ask(subscriber, signal, cursor),
      );
      if (!isWanted()) return;
      if (history?.gap !== undefined) throw gapError(op.path, history.gap);
      // Its context has changed since: what it missed was on other topics than those that it hears.
      const isOther = topics.join() !== subscriber.held?.grant.topics.join();
      if (history?.missed === undefined || isOther) {
        throw new BrokerConnectionError("missed events: not those of the topics that are heard");
      }
      subscriber.resumed(history);
    } catch (thrown) {
      if (isWanted()) this.#events.notResumed(subscriber, toError(thrown));
    } finally {
      subscriber.isResuming = false;
    }
  }

  #answered(): void {
    this.#soon.startEarlier(0, () => this.#events.answered());
  }
}
