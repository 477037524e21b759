import { isEventId } from "../protocol/eventId.ts";

/** What the client file reads of tRPC's frames. Whatever is not of these forms passes as it is. */

/** Id of a request; `1` and `"1"` are two. */
export type RequestId = string | number;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and no array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value can be the id of a request. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === "string" || typeof value === "number";
}

/** What a text frame holds; `undefined` for bytes, for `PING` and `PONG`, and for text that is not JSON. */
export function parseFrame(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** Whether a message brings the client's `connectionParams`, or says that the server has them. */
export function isConnectionParams(message: unknown): message is JsonObject {
  return isObject(message) && message["method"] === "connectionParams";
}

/**
 * API Gateway's own frame for an invocation that failed. It does not say of which request:
 * `{"message":"Internal server error","connectionId":"…","requestId":"…"}`
 */
export function isGatewayError(frame: JsonObject): boolean {
  return (
    !("id" in frame) &&
    typeof frame["message"] === "string" &&
    typeof frame["connectionId"] === "string"
  );
}

/**
 * The id by which an event is known again. An event that was stored late has a cursor of its own; its id is then in the
 * data, unless a transformer has made other text of that.
 */
export function eventIdOf(result: JsonObject, cursor: string): string {
  const { data } = result;
  return isObject(data) && isEventId(data["id"]) ? data["id"] : cursor;
}
