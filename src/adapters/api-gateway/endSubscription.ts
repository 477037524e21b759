import { runStopHook } from "../../publisher/endConnection.ts";
import type { Call } from "./call.ts";
import type { Invocation } from "./invocation.ts";

/** Takes back what a subscription stored. */
export async function endSubscription(
  { app, connectionId, event, reportError }: Invocation,
  { request }: Call,
): Promise<void> {
  const ended = await app.store
    .stop({
      connectionId,
      id: request.replyTo.id,
      requestTimeMs: event.requestContext.requestTimeEpoch,
    })
    .catch((error: unknown) => reportError(error, { type: "subscription", path: request.path }));
  if (ended) await runStopHook(app, ended, { report: (error) => reportError(error, request) });
}
