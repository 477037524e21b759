import { BrokerRefusedError } from "../../errors/broadcast.ts";
import { clientError, grantAnswer, toError } from "./failure.ts";
import { Granter } from "./granter.ts";
import type { HeldGrant } from "./grants.ts";
import type { HubOptions } from "./hubOptions.ts";
import { Line } from "./line.ts";
import { Lines } from "./lines.ts";
import { Renewal } from "./renewal.ts";
import { Retry } from "./retry.ts";
import type { Subscriber } from "./subscriber.ts";

/**
 * The subscriptions of one client with their grants, and the connection that brings their events. Wanted at any time are a
 * grant for each, and a line on which all of them are heard; what happens only says what is wanted anew, and `#work` does
 * it. A new line takes the place of an old one once it has all topics: a message is on one of them at least.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #subscribers = new Set<Subscriber>();
  readonly #granter: Granter;
  readonly #lines: Lines;
  readonly #retry: Retry;
  readonly #renewal = new Renewal(() => this.renew());
  /** The line that there is will not do. */
  #needsLine = false;
  #opening: AbortController | undefined;
  /** A line was lost while several waited for their topics: the next one takes them in turn, to find out whose fault it is. */
  #oneByOne: Line | "next" | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#granter = new Granter(options, {
      othersGranted: (...granted) => this.#othersGranted(...granted),
      answered: () => this.#work(),
      notGranted: (subscriber, error) => this.#notGranted(subscriber, error),
      notResumed: (subscriber, error) => this.#notResumed(subscriber, error),
    });
    this.#lines = new Lines(options.overlapMs);
    this.#retry = new Retry(options, () => this.#again());
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    subscriber.connecting(null);
    this.#granter.ask(subscriber);
  }

  remove(subscriber: Subscriber): void {
    subscriber.end();
    if (!this.#subscribers.delete(subscriber)) return;
    this.#lines.detach(subscriber);
    if (this.#subscribers.size === 0) this.#shut();
    else this.#scheduleRenewal();
  }

  renew(): void {
    if (this.#subscribers.size === 0) return;
    this.#options.tell({ type: "renewing" });
    this.#retry.succeeded();
    this.#needsLine = true;
    this.#granter.askAnew(this.#subscribers);
    this.#work();
  }

  close(): void {
    for (const subscriber of [...this.#subscribers]) {
      subscriber.complete();
      this.remove(subscriber);
    }
  }

  #shut(): void {
    this.#retry.stop();
    this.#renewal.stop();
    this.#opening?.abort();
    this.#opening = undefined;
    this.#lines.close();
    this.#needsLine = false;
    this.#options.onIdle();
  }

  /** Another user is signed in. What is for the one before is not for this one. */
  #othersGranted(subscriber: Subscriber, topics: readonly string[]): void {
    this.#lines.restrict(subscriber, topics);
    this.#needsLine = true;
  }

  #notGranted(subscriber: Subscriber, error: Error): void {
    const answer = grantAnswer(error);
    // Who has never started is told whatever the server says, as by tRPC's other links.
    if (answer === "refused" || (answer === "failed" && !subscriber.hasStarted)) {
      this.#fail(subscriber, error);
      return;
    }
    if (!this.#lines.hears(subscriber)) subscriber.connecting(error);
    this.#retry.afterFailure("grant", error);
  }

  #notResumed(subscriber: Subscriber, error: Error): void {
    // Who has asked by the way, after a long silence, misses nothing.
    if (!subscriber.isHolding) return void this.#options.report(clientError(error));
    this.#lines.detach(subscriber);
    this.#beginAnew(subscriber, error);
  }

  #beginAnew(subscriber: Subscriber, error: Error): void {
    subscriber.needsGrant = true;
    subscriber.held = undefined;
    this.#notGranted(subscriber, error);
  }

  /** Does what is missing, unless that is under way or has to wait. */
  #work(): void {
    this.#granter.askLapsed(this.#subscribers);
    if (this.#opening !== undefined || this.#subscribers.size === 0) return;
    const ready = [...this.#subscribers].filter(({ isGranted }) => isGranted);
    if (ready.length === 0) return;
    const { newest } = this.#lines;
    if (newest === undefined || this.#needsLine) {
      // A renewal waits for all answers, so that one line is opened, and for one at least: else it would be no better.
      const canWait =
        newest !== undefined &&
        ([...this.#subscribers].some((each) => each.asking !== undefined) ||
          ready.every((each) => each.needsGrant && this.#lines.hears(each)));
      if (!canWait && !this.#retry.isForLine) this.#open(ready);
      return;
    }
    if (newest === this.#oneByOne) return;
    const unheard = ready.filter((each) => !newest.has(each));
    if (!unheard.every((each) => newest.covers(each))) this.#open(ready);
    else for (const each of unheard) void this.#attach(newest, each);
  }

  #open(ready: readonly Subscriber[]): void {
    const { broker, timeoutMs, report, tell } = this.#options;
    const opening = new AbortController();
    const held = ready.flatMap((each) => each.held ?? []);
    this.#opening = opening;
    this.#needsLine = false; // Whatever is wanted while it opens, this line is not the answer to it.
    Line.open({
      broker,
      held,
      timeoutMs,
      signal: opening.signal,
      onEnd: (line, error) => this.#ended(line, error),
      onMessage: (...message) => this.#lines.receive(...message),
      onError: report,
    }).then(
      (line) => {
        if (opening.signal.aborted) return line.close();
        this.#opening = undefined;
        tell({ type: "connected" });
        this.#lines.push(line);
        void this.#settle(line);
      },
      (thrown) => {
        if (opening.signal.aborted) return;
        this.#opening = undefined;
        this.#notOpened(ready, held, toError(thrown));
      },
    );
  }

  #notOpened(ready: readonly Subscriber[], held: readonly HeldGrant[], error: Error): void {
    const isRefused = error instanceof BrokerRefusedError;
    for (const subscriber of ready) {
      // Tokens may have been refused because a secret was changed.
      if (isRefused) subscriber.needsGrant = true;
      if (isRefused && subscriber.isRefusedForGood(held)) this.#fail(subscriber, error);
      else if (!this.#lines.hears(subscriber)) subscriber.connecting(error);
    }
    if (this.#subscribers.size === 0) return;
    this.#needsLine = true;
    this.#retry.afterFailure("line", error);
  }

  /** Gives everybody to a new line; when it has all topics, the others go. */
  async #settle(line: Line): Promise<void> {
    this.#granter.askLapsed(this.#subscribers);
    this.#oneByOne = this.#oneByOne === "next" ? line : undefined;
    const attached: Promise<void>[] = [];
    const isReady = (each: Subscriber): boolean => each.isGranted && line.covers(each);
    for (const subscriber of [...this.#subscribers].filter(isReady)) {
      const one = this.#attach(line, subscriber);
      attached.push(one);
      if (this.#oneByOne === line) await one;
    }
    await Promise.all(attached);
    if (this.#oneByOne === line) this.#oneByOne = undefined;
    if (line.isOpen) this.#lines.retireBefore(line, this.#subscribers);
    this.#work();
    this.#scheduleRenewal();
  }

  async #attach(line: Line, subscriber: Subscriber): Promise<void> {
    if (subscriber.isOver || !line.isOpen) return;
    const { held } = subscriber;
    try {
      if (!this.#lines.hears(subscriber)) subscriber.hold();
      await line.attach(subscriber);
      if (!this.#lines.hears(subscriber)) return;
      if (subscriber.isBehind) this.#granter.resume(subscriber);
      else subscriber.started();
      this.#scheduleRenewal();
    } catch (thrown) {
      const error = toError(thrown);
      // A line that is over has told so itself.
      if (!(error instanceof BrokerRefusedError) || subscriber.isOver) return;
      if (held === undefined || subscriber.held !== held) this.#work();
      else if (subscriber.isRefusedForGood([held])) this.#fail(subscriber, error);
      else this.#beginAnew(subscriber, error);
    }
  }

  #fail(subscriber: Subscriber, error: Error): void {
    subscriber.fail(error);
    this.remove(subscriber);
  }

  /** A line is over that was not closed. */
  #ended(line: Line, error: Error): void {
    const wasNewest = this.#lines.newest === line;
    const waiting = this.#lines.waitingOn(line, this.#subscribers);
    const unheard = this.#lines.holdUnheard(this.#subscribers, line);
    this.#lines.delete(line);
    this.#options.tell({ type: "disconnected", error });
    const lost = wasNewest ? unheard : unheard.filter((each) => line.hears(each));
    for (const subscriber of lost) subscriber.connecting(error);
    if (!wasNewest || this.#subscribers.size === 0) return;
    this.#oneByOne = waiting > 1 ? "next" : undefined;
    this.#needsLine = true;
    this.#renewal.stop();
    for (const subscriber of this.#subscribers) subscriber.needsGrant = true;
    this.#retry.afterDrop(Date.now() - line.openedAtMs, error);
  }

  #again(): void {
    for (const each of this.#subscribers) if (each.needsGrant) this.#granter.ask(each);
    this.#work();
  }

  #scheduleRenewal(): void {
    const { newest } = this.#lines;
    this.#renewal.stop();
    // Who is to get another grant, or another line, comes back here when it has got it.
    if (newest === undefined || this.#needsLine || this.#opening !== undefined) return;
    this.#renewal.schedule(newest, this.#subscribers);
  }
}
