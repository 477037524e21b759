import { type HistoryCounts, type HistoryEntry, noCounts, type Violation } from "./historyEntry.ts";
import { addOne, end, forget, isLive, type Publish, type Subscription } from "./underWay.ts";

/** A violation of a receipt, and why. */
type Finding = readonly [kind: Violation["kind"], because: string];

/** An event in the hands of a client. */
interface Receipt {
  readonly event: string;
  readonly subscription: string;
}

/**
 * Judges what clients received by what they subscribed to and what was published, while it happens, so that it need
 * not remember more than what is under way.
 */
export class History<TAudience, TSubscriber> {
  readonly violations: Violation[] = [];
  readonly counts: HistoryCounts = noCounts();
  readonly #matches: (audience: TAudience, subscriber: TSubscriber) => boolean;
  readonly #subscriptions = new Map<string, Subscription<TSubscriber>>();
  readonly #byConnection = new Map<string, Set<Subscription<TSubscriber>>>();
  readonly #publishes = new Map<string, Publish<TSubscriber>>();
  #now = 0;

  /** @param matches - whether an audience has a subscriber in it */
  constructor(matches: (audience: TAudience, subscriber: TSubscriber) => boolean) {
    this.#matches = matches;
  }

  /** Subscriptions that were neither started nor ended, by name. */
  get unanswered(): readonly string[] {
    return [...this.#subscriptions.values()]
      .filter(({ isStarted, isEnded }) => !isStarted && !isEnded)
      .map(({ name }) => name);
  }

  /** Subscriptions that are started and not ended. */
  get live(): number {
    return [...this.#subscriptions.values()].filter(isLive).length;
  }

  /** Takes the next thing that happened. */
  note(entry: HistoryEntry<TAudience, TSubscriber>): void {
    this.#now++;
    switch (entry.type) {
      case "subscribed":
        this.#subscribed(entry);
        break;
      case "published":
        this.#published(entry);
        break;
      case "received":
        this.#received(entry);
        break;
      case "settled":
        this.#settled(entry.event);
        break;
      case "cut":
      case "closed":
        this.#gone(entry);
        break;
      case "started":
      case "ended":
      case "released":
        this.#step(entry);
        break;
      case "accepted":
      case "unanswered":
        this.#posted(entry);
        break;
      case "reported":
      case "rejected":
        this.#answered(entry);
    }
  }

  #subscribed({
    subscription: name,
    connection,
    subscriber,
  }: Extract<HistoryEntry<TAudience, TSubscriber>, { type: "subscribed" }>): void {
    const one: Subscription<TSubscriber> = {
      ...{ name, connection, subscriber, subscribedAt: this.#now },
      ...{ isStarted: false, isEnded: false, releasedAt: undefined },
      ...{ last: new Map(), owed: new Set() },
    };
    this.#subscriptions.set(name, one);
    const others = this.#byConnection.get(connection) ?? new Set();
    this.#byConnection.set(connection, others.add(one));
  }

  #step({ type, subscription }: { readonly type: string; readonly subscription: string }): void {
    const one = this.#subscriptions.get(subscription);
    if (one === undefined) return;
    if (type === "started") one.isStarted = true;
    if (type === "ended") end(one);
    if (type === "released") one.releasedAt ??= this.#now;
  }

  #gone({ type, connection }: { readonly type: "cut" | "closed"; readonly connection: string }) {
    for (const one of this.#byConnection.get(connection) ?? []) {
      end(one);
      if (type === "closed") this.#subscriptions.delete(one.name);
    }
    if (type === "closed") this.#byConnection.delete(connection);
  }

  #published({
    event,
    publisher,
    audience,
  }: Extract<HistoryEntry<TAudience, TSubscriber>, { type: "published" }>): void {
    const isFor = (subscriber: TSubscriber): boolean => this.#matches(audience, subscriber);
    const publish: Publish<TSubscriber> = {
      ...{ event, publisher, number: this.counts.publishes++, beganAt: this.#now, isFor },
      ...{ endedAt: undefined, isRejected: false, accepted: new Set() },
      ...{ owed: new Set(), receipts: new Map(), unanswered: new Map() },
    };
    this.#publishes.set(event, publish);
    for (const one of this.#subscriptions.values()) {
      if (!isLive(one) || !isFor(one.subscriber)) continue;
      publish.owed.add(one);
      one.owed.add(publish);
    }
  }

  #posted({ type, event, subscription }: Receipt & { readonly type: string }): void {
    const publish = this.#publishes.get(event);
    if (type === "accepted") publish?.accepted.add(subscription);
    else if (publish !== undefined) addOne(publish.unanswered, subscription);
  }

  #answered(
    entry: Extract<HistoryEntry<TAudience, TSubscriber>, { type: "reported" | "rejected" }>,
  ): void {
    const publish = this.#publishes.get(entry.event);
    if (publish === undefined) return;
    publish.endedAt = this.#now;
    if (entry.type === "reported") {
      this.#reported(publish, new Map(entry.failed), entry.isCut);
    } else {
      this.counts.rejected++;
      publish.isRejected = true;
      forget(publish);
    }
  }

  /** Whoever was not posted to by now never will be. */
  #reported(publish: Publish<TSubscriber>, failed: Map<string, number>, isCut = false): void {
    const { event } = publish;
    for (const one of publish.owed) {
      const { name: subscription, connection } = one;
      if (publish.accepted.has(subscription)) continue;
      publish.owed.delete(one);
      one.owed.delete(publish);
      const left = failed.get(connection) ?? 0;
      failed.set(connection, left - 1);
      const because = "neither posted to nor reported";
      if (left > 0 || isCut) this.counts.reportedFailed++;
      else this.violations.push({ kind: "lost", event, subscription, because });
    }
  }

  #received({ event, subscription }: Receipt): void {
    const publish = this.#publishes.get(event);
    const one = this.#subscriptions.get(subscription);
    let found: Finding | undefined;
    if (publish === undefined) found = ["phantom", "no such publish, or settled long ago"];
    else if (one === undefined)
      found = ["phantom", "no such subscription, or its socket is closed"];
    else found = this.#judge(publish, one);
    if (found === undefined) return;
    const [kind, because] = found;
    this.violations.push({ kind, event, subscription, because });
  }

  #judge(publish: Publish<TSubscriber>, one: Subscription<TSubscriber>): Finding | undefined {
    if (!publish.isFor(one.subscriber)) return ["leaked", "not addressed"];
    if (publish.isRejected) return ["phantom", "the publish had rejected"];
    const { subscribedAt, releasedAt = Number.POSITIVE_INFINITY } = one;
    if (releasedAt < publish.beganAt) return ["phantom", "published after the end was handled"];
    if (subscribedAt > (publish.endedAt ?? Number.POSITIVE_INFINITY)) {
      return ["phantom", "published before the subscription"];
    }
    this.counts.deliveries++;
    publish.owed.delete(one);
    one.owed.delete(publish);
    const unanswered = publish.unanswered.get(one.name) ?? 0;
    const before = publish.receipts.get(one.name) ?? 0;
    addOne(publish.receipts, one.name);
    if (before > unanswered) return ["duplicate", `${unanswered} posts without an answer`];
    if (before > 0) {
      this.counts.duplicates++;
      return undefined;
    }
    const last = one.last.get(publish.publisher) ?? -1;
    if (last > publish.number && unanswered === 0) return ["reordered", "all posts were answered"];
    if (last > publish.number) this.counts.reordered++;
    else one.last.set(publish.publisher, publish.number);
    return undefined;
  }

  #settled(event: string): void {
    const publish = this.#publishes.get(event);
    if (publish === undefined) return;
    const because = "posted to, and not received";
    for (const { name: subscription } of publish.owed) {
      this.violations.push({ kind: "lost", event, subscription, because });
    }
    forget(publish);
    this.#publishes.delete(event);
  }
}
