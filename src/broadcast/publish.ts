import { randomUUID } from "node:crypto";
import type { AnyTRPCRouter } from "@trpc/server";
import { TransportError } from "../errors.ts";
import type { Envelope } from "../protocol/broadcast.ts";
import { callLimit } from "../publisher/callLimit.ts";
import { serialized, trackedParts } from "../publisher/event.ts";
import { readPublish } from "../publisher/publishInput.ts";
import { withDeadline } from "../publisher/withDeadline.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import type { Broker } from "./broker.ts";
import { broadcastKept } from "./publishKept.ts";
import { type BroadcastPublisherContext, refuseTooLarge, send } from "./send.ts";
import type { BroadcastHistoryReport, BroadcastReport } from "./types.ts";

/** What is published on. */
export interface BroadcastTarget {
  readonly path: string;
  readonly definition: RouteDefinition;
}

/** A publish with the filters it was for, by their key texts. */
export interface Broadcast {
  readonly report: BroadcastReport | BroadcastHistoryReport;
  readonly keys: readonly (string | undefined)[];
}

/**
 * Validates, names and measures everything, then sends. Rejects before anything is sent when the call is wrong, and
 * afterwards when not one topic got it, unless it is kept.
 */
export async function broadcast(
  context: BroadcastPublisherContext,
  target: BroadcastTarget,
  options: unknown,
): Promise<Broadcast> {
  const { app, broker, topics, store } = context;
  const { path, definition } = target;
  const { keys, data, key, ...limits } = await readPublish(context, target, { options });
  const limit = callLimit(context, `publish on "${path}"`, limits);
  const { history } = definition;
  if (history !== undefined && store !== undefined) {
    const at = { target: { path, definition }, history, store, limit };
    return { keys, report: await broadcastKept(context, at, { keys, data, key }) };
  }
  const messageId = randomUUID();
  const body = bodyOf(app.router, path, { messageId, data });
  refuseTooLarge(broker, path, body);
  const messages = topics.ofPublish(path, keys).map((topic) => ({ topic, body }));
  const { error, ...sending } = await withDeadline(limit, ({ abort }) =>
    send(context, { path, messages }, abort),
  );
  if (error !== undefined && sending.sent === 0) throw nothingSent(broker, path, error);
  return { keys, report: { messageId, ...sending } };
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

function nothingSent({ name }: Broker, path: string, cause: TransportError): TransportError {
  return new TransportError(
    cause.failure,
    `publish on "${path}": ${name} took none of its messages: ${cause.message}`,
    { cause },
  );
}
