import type { Call } from "./call.ts";
import type { Invocation } from "./invocation.ts";
import { settledWithin } from "./waiting.ts";

/** 1.6 s in all: longer than most cold starts take, short enough for a client that did use an id twice. */
const PAUSES_MS = [50, 100, 200, 400, 800];

/**
 * Waits for the stop that frees the id of a subscription. Every frame has an invocation of its own, so a client's second
 * use of an id may be handled before its stop of the first.
 *
 * @returns whether the id is free; `false` at once where its subscription is not older than this request
 */
export async function isFreedByStop(
  { app, connectionId, event }: Pick<Invocation, "app" | "connectionId" | "event">,
  { request, signal }: Pick<Call, "request" | "signal">,
): Promise<boolean> {
  const asked = [{ connectionId, id: request.replyTo.id }];
  for (const pauseMs of [0, ...PAUSES_MS]) {
    if (pauseMs > 0) await settledWithin(new Promise(() => undefined), pauseMs, signal);
    signal.throwIfAborted();
    const [live] = await app.store.getSubscriptions(asked);
    if (live === undefined) return true;
    if (live.requestTimeMs >= event.requestContext.requestTimeEpoch) return false;
  }
  return false;
}
