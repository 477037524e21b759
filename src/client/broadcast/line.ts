import { BrokerConnectionError, BrokerRefusedError } from "../../errors/broadcast.ts";
import type { Envelope, Grant } from "../../protocol/broadcast.ts";
import type { BrokerConnection, ClientBroker } from "./broker.ts";
import { readEnvelope } from "./envelope.ts";
import { inTime, toError } from "./failure.ts";
import type { HeldGrant } from "./grants.ts";
import { LineTopics } from "./lineTopics.ts";
import type { Subscriber } from "./subscriber.ts";

/** What came on a topic. */
export interface Message {
  readonly topic: string;
  readonly envelope: Envelope;
}

/** What a line is made with. */
export interface LineOptions {
  readonly broker: ClientBroker;
  /** At least one. */
  readonly held: readonly HeldGrant[];
  readonly timeoutMs: number;
  /** Aborts when the line is no longer wanted. */
  readonly signal: AbortSignal;
  /** It is over, and has been closed. Called once, unless {@link Line.close} was. */
  readonly onEnd: (line: Line, error: Error) => void;
  /** A message came for a subscriber. */
  readonly onMessage: (line: Line, subscriber: Subscriber, message: Message) => void;
  /** Something went wrong that does not end it, such as a message that is no event. */
  readonly onError: (error: Error) => void;
}

/** One connection to the broker, with who hears what on it. */
export class Line {
  readonly openedAtMs: number = Date.now();
  readonly #options: LineOptions;
  readonly #topics = new LineTopics({
    subscribe: (...granted) => this.#subscribe(...granted),
    unsubscribe: (topics) => this.#unsubscribe(topics),
  });
  readonly #confirmed = new Set<Subscriber>();
  /** Topics it can have; `undefined` if any. */
  #fixed: ReadonlySet<string> | undefined;
  #renewAtMs = Number.POSITIVE_INFINITY;
  #connection: BrokerConnection | undefined;
  /** Why it was over before anybody had it. */
  #stillborn: Error | undefined;
  #isOver = false;

  private constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * Opens a line.
   *
   * @throws {@link BrokerRefusedError} when the broker says no
   * @throws any other error when it could not be reached in time
   */
  static async open(options: LineOptions): Promise<Line> {
    const { broker, held, timeoutMs, signal: outer } = options;
    const line = new Line(options);
    // A broker that takes one of them shall take the one that lasts longest.
    const latestFirst = [...held].sort((a, b) => b.expiresAtMs - a.expiresAtMs);
    const grants = latestFirst.map(({ grant }) => grant) as [Grant, ...Grant[]];
    const what = `connection to ${broker.name}`;
    line.#connection = await inTime({ what, timeoutMs, outer }, async (signal) => {
      const connection = await broker.connect({
        grants,
        signal,
        onMessage: (topic, body) => line.#receive(topic, body),
        onClose: (error) => line.fail(error),
        onError: options.onError,
      });
      // It came too late: nobody would ever close it.
      if (signal.aborted) connection.close();
      return connection;
    });
    // It may have ended in the breath in which it was accepted; then nobody but the caller is told.
    if (line.#stillborn !== undefined) throw line.#stillborn;
    line.#accepted();
    return line;
  }

  /** When its grants are to be renewed. */
  get renewAtMs(): number {
    return this.#renewAtMs;
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Whether a subscriber's topics can be had on this connection. */
  covers({ held }: Subscriber): boolean {
    const fixed = this.#fixed;
    return fixed === undefined || (held?.grant.topics.every((topic) => fixed.has(topic)) ?? false);
  }

  /** Whether all topics of a subscriber are confirmed. */
  hears(subscriber: Subscriber): boolean {
    return this.brings(subscriber) && this.#topics.hasAll(subscriber);
  }

  /** Whether all topics of a subscriber were confirmed, of which it may still hear some. */
  brings(subscriber: Subscriber): boolean {
    return this.#confirmed.has(subscriber) && this.has(subscriber);
  }

  /** Whether a subscriber was attached, be it confirmed or not. */
  has(subscriber: Subscriber): boolean {
    return this.#topics.has(subscriber);
  }

  /**
   * Subscribes to the topics of a subscriber's grant; those that others have are shared. Resolves when all are confirmed.
   * What it is to hear may have changed meanwhile: see {@link hears}.
   *
   * @throws {@link BrokerRefusedError} when the broker says no to one of them
   * @throws any other error when the line is over
   */
  async attach(subscriber: Subscriber): Promise<void> {
    const { grant } = subscriber.held ?? {};
    if (grant === undefined || this.#isOver) {
      throw new BrokerConnectionError("the connection has ended");
    }
    try {
      await this.#topics.attach(subscriber, grant);
      if (!subscriber.isOver && !this.#isOver) this.#confirmed.add(subscriber);
    } catch (error) {
      this.detach(subscriber);
      throw error;
    }
  }

  /** Takes a subscriber off; topics that nobody else hears are unsubscribed. */
  detach(subscriber: Subscriber): void {
    this.#confirmed.delete(subscriber);
    this.restrict(subscriber, []);
  }

  /** Takes a subscriber off all topics but some. */
  restrict(subscriber: Subscriber, topics: readonly string[]): void {
    this.#topics.restrict(subscriber, topics);
  }

  /** Ends it without a word. */
  close(): void {
    this.#isOver = true;
    this.#connection?.close();
  }

  /** Ends it for a reason. */
  fail(error: Error): void {
    if (this.#isOver) return;
    this.close();
    if (this.#connection === undefined) this.#stillborn = error;
    else this.#options.onEnd(this, error);
  }

  #accepted(): void {
    const { broker, held } = this.#options;
    const now = Date.now();
    // Who could not get another grant in time has one that is late.
    this.#renewAtMs = Math.min(
      ...held.map(({ renewAtMs }) => renewAtMs).filter((atMs) => atMs > now),
    );
    const { topicsFixedAtConnect: isFixed } = broker;
    const isFixedHere =
      typeof isFixed === "function" ? held.some(({ grant }) => isFixed(grant)) : isFixed === true;
    if (!isFixedHere) return;
    // What was over when the broker looked at it has brought nothing.
    const good = held.filter(({ expiresAtMs }) => expiresAtMs > now);
    this.#fixed = new Set(good.flatMap(({ grant }) => grant.topics));
    if (good.length > 0) return;
    this.close();
    throw new BrokerConnectionError(
      `connection to ${broker.name}: all grants were over before it was open`,
    );
  }

  async #subscribe(topics: readonly string[], grant: Grant): Promise<void> {
    if (topics.length === 0) return;
    const connection = this.#connection;
    if (connection === undefined) throw new BrokerConnectionError("there is no connection yet");
    const { timeoutMs, broker } = this.#options;
    const what = `topics at ${broker.name}`;
    try {
      await inTime({ what, timeoutMs }, () =>
        connection.subscribe(topics.map((topic) => ({ topic, grant }))),
      );
    } catch (thrown) {
      const error = toError(thrown);
      // Whatever it is, nobody knows which topics this connection has.
      if (!(error instanceof BrokerRefusedError)) this.fail(error);
      throw error;
    }
  }

  #unsubscribe(topics: readonly string[]): void {
    if (!this.#isOver) this.#connection?.unsubscribe(topics);
  }

  #receive(topic: string, body: string): void {
    const users = this.#topics.usersOf(topic);
    if (users.length === 0 || this.#isOver) return;
    const envelope = readEnvelope(body);
    if (envelope === undefined) {
      const { name } = this.#options.broker;
      this.#options.onError(
        new BrokerConnectionError(`${name} brought a message that no publisher of ours has sent`),
      );
      return;
    }
    // One of them may unsubscribe another in its callback.
    for (const each of users) this.#options.onMessage(this, each, { topic, envelope });
  }
}
