import type {
  BrokerConnection,
  BrokerEvents,
  GrantedTopic,
} from "../../client/broadcast/broker.ts";
import { BrokerConnectionError, BrokerRefusedError } from "../../errors/broadcast.ts";
import type { Wire } from "./wire.ts";

/** Tells whether a grant allows a topic; decided by the broker, not by the client. */
export type Allows = (granted: GrantedTopic) => boolean;

/** One client's connection to the broker in memory, as both ends see it. */
export class MemoryConnection implements BrokerConnection {
  readonly #events: BrokerEvents;
  readonly #allows: Allows;
  readonly #wire: Wire;
  readonly #topics = new Set<string>();
  readonly #onEnd: (connection: MemoryConnection) => void;
  #isOpen = true;

  constructor(
    events: BrokerEvents,
    parts: {
      readonly allows: Allows;
      readonly wire: Wire;
      readonly onEnd: (connection: MemoryConnection) => void;
    },
  ) {
    this.#events = events;
    this.#allows = parts.allows;
    this.#wire = parts.wire;
    this.#onEnd = parts.onEnd;
  }

  async subscribe(topics: readonly GrantedTopic[]): Promise<void> {
    await this.#wire.toBroker();
    this.#assertOpen();
    const refused = topics.find((granted) => !this.#allows(granted));
    if (refused !== undefined) {
      throw new BrokerRefusedError(`the grant does not allow the topic ${refused.topic}`);
    }
    for (const { topic } of topics) this.#topics.add(topic);
    await this.#wire.toClient();
    this.#assertOpen();
  }

  unsubscribe(topics: readonly string[]): void {
    for (const topic of topics) this.#topics.delete(topic);
  }

  close(): void {
    this.#isOpen = false;
    this.#wire.cut();
    this.#onEnd(this);
  }

  /** What the broker does with a message. Only who is subscribed by now gets it. */
  deliver(topic: string, body: string): void {
    if (!this.#topics.has(topic)) return;
    this.#wire.later(() => {
      if (this.#isOpen) this.#events.onMessage(topic, body);
    });
  }

  /** The network or the broker ends the connection. */
  drop(): void {
    if (!this.#isOpen) return;
    this.close();
    this.#events.onClose(new BrokerConnectionError("the connection was dropped"));
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new BrokerConnectionError("the connection has ended");
  }
}
