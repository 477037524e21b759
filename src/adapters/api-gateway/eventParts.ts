import { MAX_CONNECTION_ID_BYTES } from "../../store/keys.ts";
import type { WebSocketEvent, WebSocketMessageEvent } from "./event.ts";

/** base64url with padding, as API Gateway's ids are. */
const CONNECTION_ID = /^[A-Za-z0-9_=-]+$/;

/**
 * The connection id of an event.
 *
 * @throws Error when the event is none of a WebSocket API, or its id is not of the form API Gateway gives
 */
export function connectionIdOf(event: WebSocketEvent): string {
  const id: unknown = event?.requestContext?.connectionId;
  if (typeof id !== "string" || id.length > MAX_CONNECTION_ID_BYTES || !CONNECTION_ID.test(id)) {
    throw new TypeError(
      `not an event of a WebSocket API: requestContext.connectionId is ${JSON.stringify(id)}`,
    );
  }
  return id;
}

/** Text of a frame; API Gateway never encodes it today, but the event has the flag. */
export function textOf({ body, isBase64Encoded }: WebSocketMessageEvent): string {
  const text = body ?? "";
  return isBase64Encoded ? Buffer.from(text, "base64").toString("utf8") : text;
}

/** Headers by lower-case name; API Gateway hands names through as the client wrote them. */
export function lowerCaseHeaders(
  headers: Readonly<Record<string, string | undefined>> | undefined,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
