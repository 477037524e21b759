import { randomUUID } from "node:crypto";
import type { AnyTRPCRouter } from "@trpc/server";
import { PayloadTooLargeError, TransportError } from "../errors.ts";
import type { Envelope } from "../protocol/broadcast.ts";
import { utf8Bytes } from "../protocol/keyText.ts";
import { callLimit } from "../publisher/callLimit.ts";
import { serialized, trackedParts } from "../publisher/event.ts";
import { readPublish } from "../publisher/publishInput.ts";
import { inTime, withDeadline } from "../publisher/withDeadline.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import type { Broker, TopicMessage, TopicOutcome, TopicTransport } from "./broker.ts";
import type { BroadcastContext } from "./context.ts";
import type { BroadcastReport } from "./types.ts";

/** What a publisher works with. */
export interface BroadcastPublisherContext extends BroadcastContext {
  readonly transport: TopicTransport;
  readonly deadlineMs: number;
  /** Tells of what could not be done. */
  readonly report: (error: unknown, at: { readonly path: string; readonly topic?: string }) => void;
}

/** What is published on. */
export interface BroadcastTarget {
  readonly path: string;
  readonly definition: RouteDefinition;
}

/** A publish with the filters it was for, by their key texts. */
export interface Broadcast {
  readonly report: BroadcastReport;
  readonly keys: readonly (string | undefined)[];
}

/**
 * Validates, names and measures everything, then sends. Rejects before anything is sent when the call is wrong, and
 * afterwards when not one topic got it.
 */
export async function broadcast(
  context: BroadcastPublisherContext,
  target: BroadcastTarget,
  options: unknown,
): Promise<Broadcast> {
  const { app, broker, topics } = context;
  const { path } = target;
  const { keys, data, ...limits } = await readPublish(context, target, { options });
  const limit = callLimit(context, `publish on "${path}"`, limits);
  const messageId = randomUUID();
  const body = bodyOf(app.router, path, { messageId, data });
  refuseTooLarge(broker, path, body);
  const messages = topics.ofPublish(path, keys).map((topic) => ({ topic, body }));
  const outcomes =
    messages.length === 0
      ? []
      : await withDeadline(limit, ({ abort }) => send(context, messages, abort));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === "failed" ? [{ ...outcome, topic: messages[index]?.topic ?? "" }] : [],
  );
  for (const { error, topic } of failures) context.report(error, { path, topic });
  const [first] = failures;
  if (first !== undefined && failures.length === messages.length) {
    throw nothingSent(broker, path, first.error);
  }
  const failed = failures.length;
  return {
    keys,
    report: { messageId, topics: messages.length, sent: messages.length - failed, failed },
  };
}

function bodyOf(
  router: AnyTRPCRouter,
  path: string,
  { messageId, data }: { readonly messageId: string; readonly data: unknown },
): string {
  return serialized({ router, path, data }, (serialize) => {
    const tracked = trackedParts(data);
    const envelope: Envelope =
      tracked === undefined
        ? { m: messageId, d: serialize(data) }
        : { m: messageId, i: tracked.id, d: serialize(tracked.data) };
    return JSON.stringify(envelope);
  });
}

function refuseTooLarge({ name, maxPayloadBytes }: Broker, path: string, body: string): void {
  const bytes = utf8Bytes(body);
  if (bytes <= maxPayloadBytes) return;
  throw new PayloadTooLargeError(path, bytes, { maxBytes: maxPayloadBytes, by: name });
}

/** One outcome for each message, whatever the transport does. */
async function send(
  { transport, broker }: BroadcastPublisherContext,
  messages: readonly TopicMessage[],
  signal: AbortSignal,
): Promise<readonly TopicOutcome[]> {
  if (signal.aborted) return messages.map(() => failedWith("there was no time left to send it"));
  try {
    const outcomes = await inTime(broker.name, signal, () =>
      transport.publish(messages, { signal }),
    );
    return messages.map((_, index) => outcomes[index] ?? failedWith("its fate is not known"));
  } catch (cause) {
    return messages.map(() => failedWith(String(cause), cause));
  }
}

function failedWith(problem: string, cause?: unknown): TopicOutcome {
  const error =
    cause instanceof TransportError ? cause : new TransportError("transient", problem, { cause });
  return { status: "failed", error };
}

function nothingSent({ name }: Broker, path: string, cause: TransportError): TransportError {
  return new TransportError(
    cause.failure,
    `publish on "${path}": ${name} took none of its messages: ${cause.message}`,
    { cause },
  );
}
