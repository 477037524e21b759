import type { RequestReplyTo } from "../../protocol/clientMessage.ts";
import { stoppedFrame } from "../../protocol/serverMessage.ts";
import { runStopHook } from "../../publisher/endConnection.ts";
import type { Invocation } from "./invocation.ts";
import { reply } from "./replies.ts";

/**
 * Ends a subscription. A stop for one that is not there is normal (a client sends one for what the server has ended,
 * and its invocation may overtake the subscribing one): it is remembered, and gets no answer.
 */
export async function unsubscribe(invocation: Invocation, replyTo: RequestReplyTo): Promise<void> {
  const { app, connectionId, event, observer, reportError } = invocation;
  const ended = await app.store.stop({
    connectionId,
    id: replyTo.id,
    requestTimeMs: event.requestContext.requestTimeEpoch,
  });
  if (ended === undefined) return;
  const { id } = replyTo;
  observer?.tell({ type: "unsubscribed", connectionId, id, path: ended.path, by: "client" });
  await Promise.all([
    reply(invocation, stoppedFrame(replyTo)),
    runStopHook(app, ended, {
      report: (error, { path }) => reportError(error, path === undefined ? {} : { path }),
    }),
  ]);
}
