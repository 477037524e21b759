import { SubscriptionsError } from "../errors.ts";

/**
 * Given to `onError` when an event of a route with history reached a subscriber neither by a post nor by closing its
 * connection, so that it would have subscribed again and been sent what it missed. It goes on without the event unless
 * its connection ends within `overlapSeconds`.
 *
 * @category Errors
 */
export class MissedEventError extends SubscriptionsError {
  override readonly name = "MissedEventError";
  readonly eventId: string;

  constructor(eventId: string, options: ErrorOptions) {
    super(
      "MISSED_EVENT",
      `event ${eventId} could not be posted, and the connection could not be closed for it. The cause says why; publishers need execute-api:ManageConnections for POST and DELETE.`,
      options,
    );
    this.eventId = eventId;
  }
}

/**
 * Given to `onError` of `streamHandler()` when the stream brought an event of a route that the router does not have, or
 * whose resolver has no history any more. It is posted to nobody.
 *
 * @category Errors
 */
export class UnknownRouteError extends SubscriptionsError {
  override readonly name = "UnknownRouteError";
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly eventId: string;

  constructor(path: string, eventId: string) {
    super(
      "UNKNOWN_ROUTE",
      `event ${eventId} of the outbox is for "${path}", which the router does not have with history. It was posted to nobody.`,
    );
    this.path = path;
    this.eventId = eventId;
  }
}

/**
 * The cause of the error that a client gets whose last event is too old, or who has missed more than it may be sent.
 * Clients see `data.code` PRECONDITION_FAILED and `data.cause` RESUME_GAP.
 *
 * @category Errors
 */
export class ResumeGapError extends SubscriptionsError {
  override readonly name = "ResumeGapError";

  constructor(problem: string) {
    super(
      "RESUME_GAP",
      `events after lastEventId cannot be sent: ${problem}. Load the current state, then subscribe without lastEventId.`,
    );
  }
}
