import { TRPCError } from "@trpc/server";
import type { ReplyTo } from "../../protocol/clientMessage.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import { MAX_MESSAGE_BYTES } from "../../protocol/limits.ts";
import { type Delivery, defaultDeliveryPolicy, deliver } from "../../publisher/deliver.ts";
import { endConnection } from "../../publisher/endConnection.ts";
import { errorText } from "./errorText.ts";
import type { Invocation } from "./invocation.ts";
import type { ErrorPlace } from "./reportError.ts";
import { beforeDeadline } from "./waiting.ts";

/**
 * A stock client has no timeout: a request whose answer does not arrive waits for ever, so answers are tried harder
 * than the events of a publish.
 */
const replyPolicy = { ...defaultDeliveryPolicy, maxAttempts: 5 };

/** Of the 1.3 s that an invocation keeps for answers after its work, so that one that hangs leaves time for two more. */
const latePolicy = { ...replyPolicy, postTimeoutMs: 400 };

/** Sends a frame to the invocation's connection. A closed one is cleaned up; other failures go to `onError`. */
export async function reply(invocation: Invocation, frame: string): Promise<Delivery["status"]> {
  const { connectionId, deadline, transport, observer, reportError } = invocation;
  const delivery = await deliver(
    transport,
    { connectionId, frame },
    { ...(deadline.work.aborted ? latePolicy : replyPolicy), signal: deadline.reply },
  );
  if (delivery.status === "gone") {
    const ended = endConnection(invocation.app, connectionId, {
      report: (error, { path }) => reportError(error, path === undefined ? {} : { path }),
    });
    try {
      const subscriptions = await beforeDeadline(ended, deadline.reply);
      observer?.tell({ type: "gone", connectionId, subscriptions, step: "handler" });
    } catch (error) {
      reportError(error);
    }
  }
  if (delivery.status === "failed") reportError(delivery.error);
  return delivery.status;
}

/** For a client with a cursor that an event could not be sent to: to go on would move the cursor past it. */
export function notSent(): TRPCError {
  return new TRPCError({
    code: "SERVICE_UNAVAILABLE",
    message: "An event cannot be sent now. Subscribe again with the last event's id.",
  });
}

/** Answers a request with an error, and tells `onError`. */
export async function replyError(
  invocation: Invocation,
  replyTo: ReplyTo,
  { cause, place }: { readonly cause: unknown; readonly place: ErrorPlace },
): Promise<void> {
  invocation.reportError(cause, place);
  await reply(invocation, errorText(invocation, replyTo, { cause, place }));
}

/** Refuses a frame that would not be delivered: API Gateway and IoT Core have the same limit. */
export function assertDeliverable(frame: string): string {
  const bytes = utf8Bytes(frame);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new TRPCError({
      code: "PAYLOAD_TOO_LARGE",
      message: `The answer has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} are delivered.`,
    });
  }
  return frame;
}
