import { PONG, RECONNECT } from "../../protocol/serverMessage.ts";
import { defaultDeliveryPolicy, deliver } from "../../publisher/deliver.ts";
import type { Invocation } from "./invocation.ts";

/**
 * Answers without the table and without a context: keep-alive must cost nothing and never be slow. Only behind the answer
 * of a connection that API Gateway is about to cut, its client is asked to move, if it can.
 */
export async function answerPing(invocation: Invocation): Promise<void> {
  const { app, connectionId, event, limits, reportError } = invocation;
  await send(invocation, PONG);
  const { connectedAt, requestTimeEpoch } = event.requestContext;
  const afterMs = limits.handOverAfterMs;
  // Of an event that is none of API Gateway's it may be anything.
  if (typeof connectedAt !== "number" || !(requestTimeEpoch - connectedAt >= afterMs)) return;
  try {
    if (await app.store.takeHandOver(connectionId)) await send(invocation, RECONNECT);
  } catch (error) {
    reportError(error);
  }
}

async function send(
  { connectionId, deadline, transport, reportError }: Invocation,
  frame: string,
): Promise<void> {
  const policy = { ...defaultDeliveryPolicy, signal: deadline.reply };
  const delivery = await deliver(transport, { connectionId, frame }, policy);
  if (delivery.status === "failed") reportError(delivery.error);
}
