import { isEventId } from "../protocol/eventId.ts";
import { LONGEST_RETRY_DELAY_MS } from "./apiGatewayPreset.ts";
import type { RequestId } from "./frames.ts";

/**
 * Events that are known again, of each subscription: no replay is longer, `history.maxEvents` goes up to this. They take
 * about a megabyte where so many arrive.
 */
const MAX_SEEN = 10_000;

/**
 * After a socket of this age has ended, what no client has claimed on it was ended while there was no socket. Twice the
 * longest pause of a client: one before 11.25 that subscribes while it waits opens a socket for that alone, and sends
 * the others on the next one.
 */
const UNCLAIMED_MS = 2 * LONGEST_RETRY_DELAY_MS;

/** A socket's request for a {@link Subscription}. Sockets have numbers, in the order they were made. */
export interface Carrier {
  readonly socketNumber: number;
}

/** What a client says of the subscription it sends. */
export interface Sent {
  readonly id: RequestId;
  readonly path: unknown;
  readonly input: unknown;
  readonly lastEventId: unknown;
}

/** A subscription of the client, over all the sockets that carry it. */
export class Subscription {
  id: RequestId;
  readonly key: string;
  /** What the client gives as `lastEventId` when it sends it again. */
  lastPassed: unknown;
  /** Whether the server keeps its events. */
  hasHistory = false;
  /** From where it is to be resumed: nothing before has to be sent again but what the server's overlap covers. */
  cursor: string | undefined;
  /** Those that could deliver. During a hand-over there are two. */
  readonly carriers: Set<Carrier> = new Set();
  /** The carrier from which the client takes events. */
  owner: Carrier | undefined;
  /** Sockets that there had been when it lost its last carrier. */
  lostAt = 0;
  readonly #seen = new Set<string>();

  constructor({ id, lastEventId }: Sent, key: string) {
    this.id = id;
    this.key = key;
    this.lastPassed = lastEventId;
    this.cursor = isEventId(lastEventId) ? lastEventId : undefined;
  }

  /** Notes an event that is about to be passed on; `false` if it was before. */
  isNew(eventId: string): boolean {
    if (this.#seen.has(eventId)) return false;
    this.#seen.add(eventId);
    if (this.#seen.size > MAX_SEEN) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return true;
  }

  /** Never back: the client's own `lastEventId` is the last event it was given, which may be older than another one. */
  advance(cursor: string | undefined): void {
    if (cursor !== undefined && (this.cursor === undefined || cursor > this.cursor)) {
      this.cursor = cursor;
    }
  }

  /**
   * The `lastEventId` with which it is sent.
   *
   * With history it is our own cursor, whatever the client says, for three reasons. A client that has got no event yet
   * says nothing, and would miss what comes until it is back. One that was given an older event last says that one, and
   * would be sent again what it has. And one that was given events out of a replay too long to be held says an event
   * beyond others that it has not got; the cursor stays before those until the replay's end. Events that are in flight
   * at the time of the cursor are older by less than the server's overlap, so they are sent again.
   */
  resumeFrom(lastEventId: unknown): unknown {
    return this.hasHistory ? this.cursor : lastEventId;
  }

  /** Whether the client takes events from a later socket than this carrier's. */
  hasLeft({ socketNumber }: Carrier): boolean {
    return this.owner !== undefined && this.owner.socketNumber > socketNumber;
  }

  detach(carrier: Carrier, socketCount: number): void {
    this.carriers.delete(carrier);
    if (this.owner === carrier) this.owner = [...this.carriers].at(-1);
    if (this.carriers.size === 0) this.lostAt = socketCount;
  }
}

/** The subscriptions of one `wsClient`. */
export class Subscriptions {
  readonly #byKey = new Map<string, Set<Subscription>>();
  #socketCount = 0;

  /** The number of a new socket. */
  nextSocket(): number {
    return ++this.#socketCount;
  }

  /**
   * The subscription that a client sends: one it had on another socket, or a new one.
   *
   * It is known by its id, path and input. Clients from 11.25 give it a new id when another socket is open at the moment
   * in which its own is lost; then path and input will do, for a socket that was there at that moment. Either way it is
   * another one if the client has not got the last event that was passed on.
   */
  find(sent: Sent, socketNumber: number): Subscription {
    const key = JSON.stringify([sent.path, sent.input]);
    const alike = [...(this.#byKey.get(key) ?? [])].filter(
      ({ lastPassed }) => lastPassed === sent.lastEventId,
    );
    const found =
      alike.find(({ id }) => id === sent.id) ??
      alike.find(({ carriers, lostAt }) => carriers.size === 0 && lostAt >= socketNumber);
    return found ?? new Subscription(sent, key);
  }

  /** A socket has sent a subscription, under this id. */
  attach(subscription: Subscription, carrier: Carrier, id: RequestId): void {
    const alike = this.#byKey.get(subscription.key) ?? new Set();
    this.#byKey.set(subscription.key, alike.add(subscription));
    subscription.id = id;
    subscription.carriers.add(carrier);
    subscription.owner ??= carrier;
  }

  /** A carrier's socket is lost. The subscription waits to be sent again. */
  lose(subscription: Subscription, carrier: Carrier): void {
    subscription.detach(carrier, this.#socketCount);
  }

  /** A subscription has ended on a carrier; if its client does not take it from another one, it has ended. */
  end(subscription: Subscription, carrier: Carrier): void {
    const isOver = subscription.owner === carrier;
    subscription.detach(carrier, this.#socketCount);
    if (isOver) this.#forget(subscription);
  }

  /** A socket has ended at this age. */
  socketEnded(socketNumber: number, livedMs: number): void {
    if (livedMs < UNCLAIMED_MS) return;
    for (const subscription of [...this.#byKey.values()].flatMap((alike) => [...alike])) {
      if (subscription.carriers.size === 0 && subscription.lostAt < socketNumber) {
        this.#forget(subscription);
      }
    }
  }

  #forget(subscription: Subscription): void {
    const alike = this.#byKey.get(subscription.key);
    alike?.delete(subscription);
    if (alike?.size === 0) this.#byKey.delete(subscription.key);
  }
}
