import { SubscriptionsError } from "../errors.ts";

/**
 * The name of a topic is longer than the broker takes, has more levels, or characters that it does not allow. Nothing
 * was sent.
 *
 * @category Errors
 */
export class TopicNameError extends SubscriptionsError {
  override readonly name = "TopicNameError";
  /** The name in question. */
  readonly topic: string;

  /** @param problem - continues the sentence "topic … " and says what to change */
  constructor(topic: string, problem: string) {
    super("TOPIC_NAME", `topic "${topic}" ${problem}`);
    this.topic = topic;
  }
}

/** Why a token was refused. */
export type GrantTokenProblem =
  /** It is larger than any token of ours. */
  | "tooLarge"
  /** It is none of ours, or of a later version. */
  | "malformed"
  /** It was made with another secret or for another engine, or was changed. */
  | "signature"
  /** Its time is over. */
  | "expired";

/**
 * A token that a client gave to the broker is not good. The message does not quote it.
 *
 * @category Errors
 */
export class GrantTokenError extends SubscriptionsError {
  override readonly name = "GrantTokenError";
  readonly problem: GrantTokenProblem;

  constructor(problem: GrantTokenProblem, message: string) {
    super("GRANT_TOKEN", `the token of a grant was refused: ${message}`);
    this.problem = problem;
  }
}

/**
 * A broker said no to a client: to its connection, or to a topic. Trying again with the same grant is of no use.
 *
 * @category Errors
 */
export class BrokerRefusedError extends SubscriptionsError {
  override readonly name = "BrokerRefusedError";

  constructor(message: string, options?: ErrorOptions) {
    super("BROKER_REFUSED", message, options);
  }
}

/**
 * A broker could not be reached, did not answer in time, or ended a connection.
 *
 * @category Errors
 */
export class BrokerConnectionError extends SubscriptionsError {
  override readonly name = "BrokerConnectionError";

  constructor(message: string, options?: ErrorOptions) {
    super("BROKER_CONNECTION", message, options);
  }
}
