import { type ClientMessage, readClientFrame } from "../../protocol/clientMessage.ts";
import { isRequestId, type RequestId } from "../../protocol/requestId.ts";

/** What a log tells of one message of a client. */
export interface MessageSummary {
  readonly method: string;
  readonly id?: RequestId;
  readonly path?: string;
}

/** Reads a frame of a client. */
export function messagesOf(body: string): readonly MessageSummary[] {
  const frame = readClientFrame(body);
  if (frame.kind !== "messages") return [{ method: frame.kind }];
  return frame.messages.map(summaryOf);
}

function summaryOf(message: ClientMessage): MessageSummary {
  switch (message.kind) {
    case "request":
      return { method: message.type, id: message.replyTo.id, path: message.path };
    case "stop":
      return { method: "subscription.stop", id: message.replyTo.id };
    case "connectionParams":
      return { method: "connectionParams" };
    case "invalid": {
      const { id } = message.replyTo;
      return { method: "malformed", ...(id !== null && { id }) };
    }
  }
}

/** What a log tells of one message to a client. */
export interface ReplySummary {
  /** Whose answer it is. */
  readonly id?: RequestId;
  readonly what: string;
  /** Of an event that has one. */
  readonly eventId?: string;
}

/** Reads a message to a client. */
export function replyOf(body: string): ReplySummary {
  if (body === "PONG") return { what: "PONG" };
  try {
    const message: unknown = JSON.parse(body);
    const id = member(message, "id");
    const code = member(member(member(message, "error"), "data"), "code");
    const result = member(message, "result");
    const type = member(result, "type");
    const eventId = member(result, "id");
    const what = [code, type].find((each) => typeof each === "string");
    return {
      ...(isRequestId(id) && { id }),
      what: what === undefined ? "text" : String(what),
      ...(typeof eventId === "string" && { eventId }),
    };
  } catch {
    return { what: "text" };
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
