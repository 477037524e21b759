import { SubscriptionsError } from "../errors.ts";

/** Why the event of a stream could not be used. */
export type StreamEventProblem =
  /** It is the event of something else. */
  | "notItsEvent"
  /** The stream holds keys or old images alone. */
  | "noNewImage";

/**
 * The event given to the handler of a table's stream is not of a stream that has what was written. Nothing was done, and
 * Lambda comes again with it.
 *
 * @category Errors
 */
export class StreamEventError extends SubscriptionsError {
  override readonly name = "StreamEventError";
  /** Why. */
  readonly problem: StreamEventProblem;

  constructor(problem: StreamEventProblem, message: string) {
    super("STREAM_EVENT", message);
    this.problem = problem;
  }
}
