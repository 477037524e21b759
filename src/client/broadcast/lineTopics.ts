import { BrokerRefusedError } from "../../errors/broadcast.ts";
import type { Grant } from "../../protocol/broadcast.ts";
import type { Subscriber } from "./subscriber.ts";

/** A topic that is subscribed on a connection. */
interface HeardTopic {
  readonly users: Set<Subscriber>;
  confirmed: Promise<void>;
}

/** What is done to the connection. */
export interface TopicRequests {
  /** Resolves when all are confirmed; rejects when one of them is refused, or the connection has ended. */
  subscribe(topics: readonly string[], grant: Grant): Promise<void>;
  unsubscribe(topics: readonly string[]): void;
}

/** The topics of one connection, with who hears them. */
export class LineTopics {
  readonly #requests: TopicRequests;
  readonly #topics = new Map<string, HeardTopic>();

  constructor(requests: TopicRequests) {
    this.#requests = requests;
  }

  /** Who hears a topic. */
  usersOf(topic: string): readonly Subscriber[] {
    return [...(this.#topics.get(topic)?.users ?? [])];
  }

  /** Whether a subscriber is attached to any topic. */
  has(subscriber: Subscriber): boolean {
    return [...this.#topics.values()].some(({ users }) => users.has(subscriber));
  }

  /** Whether a subscriber is attached to all topics that it may hear. */
  hasAll(subscriber: Subscriber): boolean {
    const { topics = [] } = subscriber;
    return topics.every((topic) => this.#topics.get(topic)?.users.has(subscriber));
  }

  /**
   * Subscribes to the topics of a grant; those that others have are shared. Resolves when all are confirmed.
   *
   * @throws {@link BrokerRefusedError} when the broker says no to one of them
   * @throws any other error when the connection has ended
   */
  async attach(subscriber: Subscriber, grant: Grant): Promise<void> {
    const shared = grant.topics.filter((topic) => this.#topics.has(topic));
    const fresh = grant.topics.filter((topic) => !this.#topics.has(topic));
    const confirmed = this.#requests.subscribe(fresh, grant);
    for (const topic of fresh) this.#topics.set(topic, { users: new Set(), confirmed });
    for (const topic of grant.topics) this.#topics.get(topic)?.users.add(subscriber);
    const sharing = shared.map((topic) => this.#share(topic, subscriber, grant));
    await Promise.all([confirmed, ...sharing]);
  }

  /** Takes a subscriber off all topics but some; those that nobody else hears are unsubscribed. */
  restrict(subscriber: Subscriber, topics: readonly string[]): void {
    const unheard: string[] = [];
    for (const [topic, { users }] of this.#topics) {
      if (topics.includes(topic)) continue;
      if (!users.delete(subscriber) || users.size > 0) continue;
      this.#topics.delete(topic);
      unheard.push(topic);
    }
    if (unheard.length > 0) this.#requests.unsubscribe(unheard);
  }

  /** Waits for a topic that somebody else has asked for. */
  async #share(topic: string, subscriber: Subscriber, grant: Grant): Promise<void> {
    const heard = this.#topics.get(topic);
    try {
      await heard?.confirmed;
    } catch (thrown) {
      // What was refused is one of the topics of that one, and it need not be this.
      if (!(thrown instanceof BrokerRefusedError)) throw thrown;
      if (!heard?.users.has(subscriber)) return;
      heard.confirmed = this.#requests.subscribe([topic], grant);
      await heard.confirmed;
    }
  }
}
