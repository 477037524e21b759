import { BuilderError } from "../../errors.ts";
import type { OutboxEvent, StreamResponse } from "../../store/types.ts";
import { callErrorHandler } from "../errorHandler.ts";
import { observed } from "../observed.ts";
import type { PublisherContext } from "../publisherOptions.ts";
import { OutOfTimeError } from "./outOfTime.ts";
import type { OutboxReport } from "./types.ts";

/**
 * What is read of the event that Lambda makes of a table's stream; `DynamoDBStreamEvent` of `@types/aws-lambda` fits.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export interface StreamEvent {
  readonly Records: readonly object[];
}

/** The handler of a table's stream, as Lambda calls it. */
export type StreamHandler = (
  event: StreamEvent,
  context?: { getRemainingTimeInMillis?(): number },
) => Promise<StreamResponse>;

/** Time that a handler keeps for a checkpoint and for its answer. */
const RESERVE_MS = 1_500;

/**
 * Makes the handler that posts the events of the outbox, one after the other in the order of the stream. What could not
 * be ended is reported, and comes again with all behind it.
 */
export function createStreamHandler(
  context: PublisherContext,
  onReport: ((report: OutboxReport) => void) | undefined,
): StreamHandler {
  const { outbox } = context.app.store;
  if (outbox === undefined) {
    throw new BuilderError(
      "streamHandler(): the store has no stream of changes. The one on DynamoDB has.",
    );
  }
  return (event, lambda) => {
    const endsAt = Date.now() + context.deadlineMs;
    const remainingMs = (): number => lambda?.getRemainingTimeInMillis?.() ?? endsAt - Date.now();
    const work = async (outboxEvent: OutboxEvent): Promise<void> => {
      const { path } = outboxEvent;
      try {
        // The other handlers of a chain do without it.
        const { postEvent } = await import("./postEvent.ts");
        const report = await observed(context, { path }, (own) =>
          postEvent(own, outboxEvent, remainingMs() - RESERVE_MS),
        );
        if (report !== undefined) callErrorHandler(onReport, report);
      } catch (error) {
        if (!(error instanceof OutOfTimeError)) context.report(error, { path });
        throw error;
      }
    };
    return outbox.receive(event, work, (error) => context.report(error, {}));
  };
}
