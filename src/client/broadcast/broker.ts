import type { Grant } from "../../protocol/broadcast.ts";

/** A topic, with the grant that allows it. */
export interface GrantedTopic {
  /** Its whole name. */
  readonly topic: string;
  readonly grant: Grant;
}

/** What a link is told of a connection. None of them throws. */
export interface BrokerEvents {
  /** A message came; may be called before {@link BrokerConnection.subscribe} has resolved. */
  onMessage(topic: string, body: string): void;
  /**
   * The connection is over, by whatever cause but {@link BrokerConnection.close}. Called once, and only after
   * {@link ConnectBroker} has resolved; `subscribe` calls that are under way reject as well.
   */
  onClose(error: Error): void;
  /** Something went wrong that ends neither the connection nor a subscription. */
  onError(error: Error): void;
}

/** One connection to a broker, and one only: the link makes the next one, and says when. */
export interface BrokerConnection {
  /**
   * Subscribes to topics of one subscription, each not yet subscribed on this connection. Resolves when the broker has
   * confirmed all of them. The link waits no longer than it was told to, and then closes the connection.
   *
   * @throws {@link BrokerRefusedError} when the broker says no to one of them
   * @throws any other error when the connection ends first
   */
  subscribe(topics: readonly GrantedTopic[]): Promise<void>;
  /** Ends the subscription to topics; nobody waits for the answer. Unknown ones, or a connection that is over, are fine. */
  unsubscribe(topics: readonly string[]): void;
  /** Ends the connection without `onClose`; any number of times. Leaves no timer behind. */
  close(): void;
}

/** What a connection is made with. */
export interface ConnectBrokerOptions extends BrokerEvents {
  /**
   * Grants of all subscriptions at this time, at least one. A broker that knows topics at its connect gets their tokens;
   * for others the first one will do.
   */
  readonly grants: readonly [Grant, ...Grant[]];
  /** Aborts when the connection is no longer wanted, or took too long: then close whatever there is, and reject. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection. Resolves when the broker has accepted it.
 *
 * @throws {@link BrokerRefusedError} when the broker says no: a subscription that has not started yet ends with it
 * @throws any other error when it could not be reached; it is tried again
 */
export type ConnectBroker = (options: ConnectBrokerOptions) => Promise<BrokerConnection>;

/** What tells the link of one broker from that of another. */
export interface ClientBroker {
  /** For error messages, for example `AWS IoT Core`. */
  readonly name: string;
  readonly connect: ConnectBroker;
  /**
   * The topics that a connection may subscribe to are fixed when it is opened, so that a new topic takes a new
   * connection; the old one ends when the new one has all topics. A function tells it by a grant, where the server decides.
   *
   * @defaultValue false
   */
  readonly topicsFixedAtConnect?: boolean | ((grant: Grant) => boolean);
}
