import { SubscriptionsError } from "../errors.ts";

/** Why a cursor cannot be used. */
export type CursorProblem =
  /** It is no cursor, or another version's. */
  | "malformed"
  /** Its signature does not fit: it was changed, or made for another table or namespace. */
  | "forged"
  /** Everybody it was for is disconnected by now. */
  | "expired"
  /** The router has no such subscription any more, the event is not kept any more, or it is for another API. */
  | "unknown";

/**
 * A cursor given to `resume`, or the body of a fan-out message, cannot be used. Nothing was read or sent.
 *
 * @category Errors
 */
export class CursorError extends SubscriptionsError {
  override readonly name = "CursorError";
  /** Why it cannot be used. */
  readonly problem: CursorProblem;

  constructor(problem: CursorProblem, detail: string) {
    super(
      "INVALID_CURSOR",
      `the cursor ${detail}. Give \`resume\` a report's \`cursor\` as it was.`,
    );
    this.problem = problem;
  }
}

/** Why a queue could not be used. */
export type QueueFailure =
  /** A message is larger than the queue takes. Nothing was sent. */
  | "tooLarge"
  /** The queue refused messages, did not answer, or the call was aborted. */
  | "notTaken"
  /** The event given to a queue's handler is not one of that queue. Nothing was done. */
  | "notItsEvent";

/**
 * Messages could not be sent to a queue, or an event is not from one.
 *
 * @category Errors
 */
export class QueueError extends SubscriptionsError {
  override readonly name = "QueueError";
  /** Why. */
  readonly failure: QueueFailure;
  /**
   * The messages that the queue is not known to have taken, in the order they were given. One of them may have arrived
   * nevertheless, when only its answer was lost.
   */
  readonly unsent: readonly string[];

  constructor(
    failure: QueueFailure,
    message: string,
    options: ErrorOptions & { readonly unsent?: readonly string[] } = {},
  ) {
    const { unsent = [], ...errorOptions } = options;
    super("QUEUE", message, errorOptions);
    this.failure = failure;
    this.unsent = unsent;
  }
}

/**
 * Given to `onError` of `fanOutHandler()` when a message was delivered while another worker is at it. The message is
 * left to be delivered again, and then usually found done.
 *
 * @category Errors
 */
export class PartBusyError extends SubscriptionsError {
  override readonly name = "PartBusyError";
  /** Until then the other worker has it, in epoch milliseconds. */
  readonly leaseUntil: number;

  constructor(part: string, leaseUntil: number) {
    super(
      "PART_BUSY",
      `part ${part} of the fan-out is worked on until ${new Date(leaseUntil).toISOString()}. A queue's visibility timeout must be longer than its function's timeout.`,
    );
    this.leaseUntil = leaseUntil;
  }
}

/**
 * Given to `onError` of `fanOutHandler()` when a worker had no time to post to anybody. The message is left to be
 * delivered again.
 *
 * @category Errors
 */
export class TimeTooShortError extends SubscriptionsError {
  override readonly name = "TimeTooShortError";
  /** Time that the worker had when it began, in milliseconds. */
  readonly remainingMs: number;

  constructor(part: string, remainingMs: number) {
    super(
      "TIME_TOO_SHORT",
      `part ${part} of the fan-out was not begun in the ${Math.round(remainingMs)} ms that were left. Give the queue's function 30 seconds or more, and batches of one message.`,
    );
    this.remainingMs = remainingMs;
  }
}
