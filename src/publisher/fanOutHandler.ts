import { CursorError } from "../errors/fanOut.ts";
import { callErrorHandler } from "./errorHandler.ts";
import { observed } from "./observed.ts";
import type { FanOutQueue } from "./queue.ts";
import type { FanOutReport } from "./types.ts";
import type { WorkerContext } from "./workerContext.ts";

/** The consumer of a queue, as Lambda calls it. */
export type FanOutHandler<TEvent, TResult> = (
  event: TEvent,
  context?: { getRemainingTimeInMillis?(): number },
) => Promise<TResult>;

/** Makes the handler that works on a queue's messages. What fails is reported and delivered again. */
export function createFanOutHandler<TEvent, TResult>(
  context: WorkerContext,
  queue: FanOutQueue<TEvent, TResult>,
  onReport: ((report: FanOutReport) => void) | undefined,
): FanOutHandler<TEvent, TResult> {
  return (event, lambda) => {
    const endsAt = Date.now() + context.deadlineMs;
    const remainingMs = (): number => lambda?.getRemainingTimeInMillis?.() ?? endsAt - Date.now();
    return queue.receive(event, async (message) => {
      try {
        // As the publisher's calls: the other handlers of a chain do without it.
        const { workOn } = await import("./worker.ts");
        const report = await observed(context, {}, (own) => workOn(own, message, remainingMs));
        if (report !== undefined) callErrorHandler(onReport, report);
      } catch (error) {
        context.report(error, {});
        // Nobody is left whom it was for; it would only be refused again.
        if (error instanceof CursorError && error.problem === "expired") return;
        throw error;
      }
    });
  };
}
