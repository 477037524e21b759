import type { TRPCErrorShape } from "@trpc/server/rpc";
import type { ReplyTo } from "./clientMessage.ts";

/** The keep-alive answer; bare text, as tRPC's client expects. */
export const PONG = "PONG";

/** The `connectionParams` are stored; for clients that asked to be told. tRPC's clients would not look at it. */
export const PARAMS_STORED = '{"id":null,"method":"connectionParams"}';

/** Asks a client to move to another socket. One before 11.25 would open sockets without end. */
export const RECONNECT = '{"id":null,"method":"reconnect"}';

/**
 * The subscription's rows are stored.
 *
 * @param cursor - of a subscription with history: from where it is to be resumed while it has got no event. tRPC's
 * clients do not look at it
 */
export function startedFrame(replyTo: ReplyTo, cursor?: string): string {
  const result = cursor === undefined ? { type: "started" } : { type: "started", cursor };
  return frame(replyTo, `"result":${JSON.stringify(result)}`);
}

/** The subscription has ended. */
export function stoppedFrame(replyTo: ReplyTo): string {
  return frame(replyTo, '"result":{"type":"stopped"}');
}

/** The request failed; with the id of a live subscription this also ends it on the client. */
export function errorFrame(replyTo: ReplyTo, serializedShape: TRPCErrorShape): string {
  return frame(replyTo, `"error":${JSON.stringify(serializedShape)}`);
}

/**
 * `data` of a frame, serialised once and sent to any number of requests.
 *
 * @see {@link dataFrame}
 */
export interface EventText {
  /** `"result":{…}` */
  readonly member: string;
}

/**
 * Serialises data for {@link dataFrame}.
 *
 * @param serializedData - after the transformer
 * @param eventId - id of a `tracked()` event
 */
export function eventText(serializedData: unknown, eventId?: string): EventText {
  const result =
    eventId === undefined
      ? { type: "data", data: serializedData }
      : { type: "data", id: eventId, data: serializedData };
  return { member: `"result":${JSON.stringify(result)}` };
}

/**
 * An event that is kept, for {@link dataFrame}.
 *
 * @param text - of its data, with the event's own id in it
 * @param cursor - what the client is to send as `lastEventId`
 */
export function keptEventText(text: string, cursor: string): EventText {
  return { member: `"result":{"type":"data","id":${JSON.stringify(cursor)},"data":${text}}` };
}

/** One event of a subscription, or the result of a query or mutation. */
export function dataFrame(replyTo: ReplyTo, event: EventText): string {
  return frame(replyTo, event.member);
}

/** A frame's envelope at its longest for the ids that clients send, in bytes. */
export const ENVELOPE_BYTES: number = frame(
  { id: Number.MIN_SAFE_INTEGER, jsonrpc: true },
  "",
).length;

function frame({ id, jsonrpc }: ReplyTo, member: string): string {
  return `{"id":${JSON.stringify(id)},${jsonrpc ? '"jsonrpc":"2.0",' : ""}${member}}`;
}
