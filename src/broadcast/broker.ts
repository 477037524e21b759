import type { TransportError } from "../errors.ts";
import type { BroadcastSecret } from "./secret.ts";

/**
 * The readable and the secret part of a topic's name. Each level has `A-Z a-z 0-9 -` alone, neither begins nor ends with
 * `-`, and is no longer than that of {@link LONGEST_TOPIC_LEVELS}. So it can stand between two slashes of MQTT, and be a
 * segment of an AppSync channel.
 *
 * A route or filter whose name has other characters, or is longer, has a digest at its end; two of them never become the
 * same level. The tag alone says which topic it is: the other two are for people, logs and rules.
 */
export interface TopicLevels {
  /** The route, for example `mySubscription`; of `chat.onMessage` it is `chat-onMessage-x3k5q2m7a`. */
  readonly route: string;
  /** `all`, or `f-` and the filter, for example `f-byUser`. */
  readonly audience: string;
  /** 160 bits in base 32, which nobody can guess: 32 characters of `a-z2-7`. */
  readonly tag: string;
}

/** What has to fit behind the prefix of a broker, whatever routes and filters there are. */
export const LONGEST_TOPIC_LEVELS: TopicLevels = {
  route: "r".repeat(40),
  audience: `f-${"f".repeat(40)}`,
  tag: "t".repeat(32),
};

/** One event for one topic. */
export interface TopicMessage {
  /** Name of the topic, from {@link Broker.topicName}. */
  readonly topic: string;
  /** JSON of an `Envelope`; the same text for all topics of one publish. */
  readonly body: string;
}

/** What became of a {@link TopicMessage}. */
export type TopicOutcome =
  /** The broker accepted it. Who listens, and who got it, nobody tells. */
  | { readonly status: "sent" }
  /** The broker refused it or could not be reached, after all retries. */
  | { readonly status: "failed"; readonly error: TransportError };

/** Brings messages to a broker. Made once for a publisher, and kept: it may hold open sockets, but no timers. */
export interface TopicTransport {
  /**
   * Sends messages, as many side by side as the broker likes, and tries again what is worth it.
   *
   * @param messages - 1 to some dozens, with different topics
   * @param options.signal - aborts at the publish's deadline. What is under way then counts as failed, and nothing goes
   * on behind it
   * @returns one outcome for each message, in their order; it never rejects for what a broker or a network does
   */
  publish(
    messages: readonly TopicMessage[],
    options: { readonly signal: AbortSignal },
  ): Promise<readonly TopicOutcome[]>;
}

/** What an adapter knows of its broker: names, limits and secrets. */
export interface Broker {
  /** For error messages and reports, for example `AWS IoT Core`. */
  readonly name: string;
  /**
   * What tells this deployment from others that have the same secret, for example `iot-core/myapp/dev`. Tags and tokens
   * of one scope are nothing in another.
   */
  readonly scope: string;
  /** Names topics and signs tokens. */
  readonly secret: BroadcastSecret;
  /** The largest body of a message, in UTF-8 bytes. */
  readonly maxPayloadBytes: number;
  /**
   * The whole name of a topic: the broker's prefix before the levels. Must be injective in them. Call it with
   * {@link LONGEST_TOPIC_LEVELS} when the engine is made, so that a prefix that is too long is refused at once.
   *
   * @throws {@link TopicNameError} when it breaks a limit of the broker
   */
  topicName(levels: TopicLevels): string;
  /**
   * How long a grant is good, in milliseconds; its client asks for another one a minute before that. This is how long
   * somebody may go on to hear who was locked out.
   *
   * @defaultValue 3,600,000
   */
  readonly grantTtlMs?: number;
  /** How clients reach the broker, handed out with every grant. */
  readonly endpoint?: Readonly<Record<string, string>>;
}
