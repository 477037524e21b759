import type { Ask, Opening, Script } from "../../broadcast/grantsOver/scripted.ts";
import type { Heard } from "../../broadcast/world.ts";

/** A request for a grant that took longer than this is given up. */
const GRANT_TIMEOUT_MS = 30_000;

/** What one subscription may and must hear, whatever the client does about it. */
class Listener {
  readonly heard: Heard<number>;
  /** Its topics; `undefined` before the first grant. */
  topics: readonly string[] | undefined;
  /** Of the grant that counts. */
  token: string | undefined;
  /** Somebody has said no to it, as it is now. */
  mayEnd = false;
  /** What was published while it heard all its topics. */
  readonly owed = new Map<number, string>();
  #read = 0;

  constructor(heard: Heard<number>) {
    this.heard = heard;
  }

  get isOver(): boolean {
    return this.heard.errors.length > 0;
  }

  get isPending(): boolean {
    return this.heard.states.at(-1) === "pending" && !this.isOver;
  }

  granted(token: string, topics: readonly string[]): void {
    if (this.isOver) return;
    this.token = token;
    this.topics = topics;
    this.mayEnd = false;
    for (const [data, topic] of this.owed) if (!topics.includes(topic)) this.owed.delete(data);
  }

  /** @returns what is wrong with what has come since the last call */
  faults(topicOf: ReadonlyMap<number, string>): readonly string[] {
    const { data } = this.heard;
    const fresh = data.slice(this.#read);
    const leaked = fresh.filter((one) => !this.topics?.includes(topicOf.get(one) ?? ""));
    const twice = fresh.filter((one, index) => data.indexOf(one) !== this.#read + index);
    this.#read = data.length;
    for (const one of fresh) this.owed.delete(one);
    return [
      ...leaked.map((one) => `LEAKED ${topicOf.get(one)} ${one}`),
      ...twice.map((one) => `duplicate ${one}`),
      ...(this.isOver && !this.mayEnd ? [`ended: ${this.heard.errors[0]?.message}`] : []),
    ];
  }
}

/** A plain description of what a client of a broker makes of the answers that it is given. */
export class Model {
  readonly #script: Script;
  readonly #listeners: Readonly<Record<string, Listener>>;
  /** How often grants had been renewed before. */
  readonly #renewalsBefore = new WeakMap<Ask, number>();
  readonly #topicOf = new Map<number, string>();
  #renewals = 0;
  #published = 0;

  constructor(script: Script) {
    this.#script = script;
    // Its own renewals too.
    script.link.onEvent(({ type }) => {
      if (type !== "renewing") return;
      this.notice();
      this.#renewals++;
    });
    const paths = ["a", "b"] as const;
    this.#listeners = Object.fromEntries(
      paths.map((path) => [path, new Listener(script.subscribe(path))]),
    );
    this.notice();
  }

  get deliveries(): number {
    return this.#all.reduce((sum, { heard }) => sum + heard.data.length, 0);
  }

  /** To be called after each step: what was asked in it came after the renewals until now. */
  notice(): void {
    for (const ask of this.#script.asks) {
      if (!this.#renewalsBefore.has(ask)) this.#renewalsBefore.set(ask, this.#renewals);
    }
  }

  renew(): void {
    this.#script.link.renew();
    this.notice();
  }

  grant(ask: Ask, lifeMs: number, topics: readonly string[]): void {
    const token = ask.grant(lifeMs, ...topics);
    if (this.#counts(ask)) this.#listeners[ask.path]?.granted(token, topics);
  }

  refuse(ask: Ask): void {
    const listener = this.#listeners[ask.path];
    if (listener !== undefined && this.#counts(ask)) listener.mayEnd = true;
    ask.refuse();
  }

  /** The broker says no to these tokens. */
  refused(tokens: readonly string[]): void {
    for (const each of this.#all) if (tokens.includes(each.token ?? "")) each.mayEnd = true;
  }

  /** As a broker does: on every connection that has the topic. */
  publish(topic: string, openings: readonly Opening[]): void {
    const data = ++this.#published;
    this.#topicOf.set(data, topic);
    for (const each of this.#all) {
      if (each.isPending && each.topics?.includes(topic)) each.owed.set(data, topic);
    }
    for (const opening of openings) opening.publish(topic, data);
  }

  faults(): readonly string[] {
    return Object.entries(this.#listeners).flatMap(([path, listener]) =>
      listener.faults(this.#topicOf).map((fault) => `${path}: ${fault}`),
    );
  }

  /** To be called when all is quiet: who has not ended hears everything. */
  finalFaults(): readonly string[] {
    return Object.entries(this.#listeners)
      .filter(([, { isOver }]) => !isOver)
      .flatMap(([path, { isPending, owed }]) => [
        ...(isPending ? [] : [`${path}: hung`]),
        ...[...owed].map(([data, topic]) => `${path}: lost ${topic} ${data}`),
      ]);
  }

  get #all(): readonly Listener[] {
    return Object.values(this.#listeners);
  }

  #counts(ask: Ask): boolean {
    const isLatest = this.#renewalsBefore.get(ask) === this.#renewals;
    return isLatest && Date.now() < ask.atMs + GRANT_TIMEOUT_MS;
  }
}
