import { BuilderError } from "../errors.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import type { FanOutQueue } from "./queue.ts";

/** A context whose publisher has a queue. */
export interface WorkerContext extends PublisherContext {
  readonly queue: FanOutQueue;
  /** Subscribers of one message, at least; a worker takes whole pages. */
  readonly recipientsPerMessage: number;
}

/** Subscribers of one message, at least: some seconds of posting even where the Lambda has little CPU. */
const DEFAULT_RECIPIENTS = 5_000;

/**
 * Adds what only a worker needs.
 *
 * @throws {@link BuilderError} for a number that is none
 */
export function workerContext(
  context: PublisherContext,
  {
    queue,
    recipientsPerMessage = DEFAULT_RECIPIENTS,
  }: { readonly queue: FanOutQueue; readonly recipientsPerMessage?: number | undefined },
): WorkerContext {
  if (typeof recipientsPerMessage !== "number" || Number.isNaN(recipientsPerMessage)) {
    throw new BuilderError(
      `fanOutHandler(): recipientsPerMessage is ${String(recipientsPerMessage)}, not a number.`,
    );
  }
  return { ...context, queue, recipientsPerMessage: Math.max(1, recipientsPerMessage) };
}
