import { MAX_CONNECTION_ID_BYTES } from "../../store/keys.ts";
import type {
  WebSocketConnectEvent,
  WebSocketEvent,
  WebSocketMessageEvent,
  WebSocketRequestContext,
} from "./event.ts";

/** base64url with padding, as API Gateway's ids are. */
const CONNECTION_ID = /^[A-Za-z0-9_=-]+$/;

/** Epoch milliseconds have 13 digits until the year 2286; keys have room for no more. */
const MAX_EPOCH_MS = 1e13;

/** The longest id of an API and name of a stage; API Gateway's have 10 and at most 128 characters. */
const MAX_NAME_LENGTH = 128;

/** Tells whether a text has the form of API Gateway's connection ids. */
export function isConnectionId(id: string): boolean {
  return id.length <= MAX_CONNECTION_ID_BYTES && CONNECTION_ID.test(id);
}

/**
 * The connection id of an event.
 *
 * @param eventType - of the events that the handler is for
 * @throws TypeError when the event is none of a WebSocket API, or of another route than the handler's
 */
export function connectionIdOf(
  event: WebSocketEvent,
  eventType: WebSocketRequestContext["eventType"],
): string {
  const id: unknown = event?.requestContext?.connectionId;
  if (typeof id !== "string" || !isConnectionId(id)) throw noEvent("connectionId", id);
  const given: unknown = event.requestContext.eventType;
  // The handler of another route would accept a handshake that nobody looked at.
  if (given !== undefined && given !== eventType) {
    throw new TypeError(
      `this handler is for ${eventType} events, and requestContext.eventType is ${JSON.stringify(given)}: the routes of the API lead to the wrong handlers`,
    );
  }
  return id;
}

/**
 * Checks what orders frames and tells them apart: a subscription with a wrong time would be in the table and never be
 * found.
 *
 * @throws TypeError when the event is none of a WebSocket API
 */
export function checkFrame({ requestContext }: WebSocketMessageEvent): void {
  checkEpochMs(requestContext, "requestTimeEpoch");
  const id: unknown = requestContext.messageId ?? requestContext.requestId;
  if (typeof id !== "string" || id === "") throw noEvent("messageId", id);
}

/**
 * Checks what is stored of a handshake.
 *
 * @throws TypeError when the event is none of a WebSocket API
 */
export function checkHandshake({ requestContext }: WebSocketConnectEvent): void {
  checkEpochMs(requestContext, "connectedAt");
  for (const field of ["apiId", "stage"] as const) {
    const name: unknown = requestContext[field];
    if (typeof name !== "string" || name === "" || name.length > MAX_NAME_LENGTH) {
      throw noEvent(field, name);
    }
  }
}

function checkEpochMs(
  context: WebSocketRequestContext,
  field: "connectedAt" | "requestTimeEpoch",
): void {
  const time: unknown = context[field];
  const isTime = Number.isSafeInteger(time) && Number(time) >= 0 && Number(time) < MAX_EPOCH_MS;
  if (!isTime) throw noEvent(field, time);
}

function noEvent(field: keyof WebSocketMessageEvent["requestContext"], value: unknown): TypeError {
  return new TypeError(
    `not an event of a WebSocket API: requestContext.${field} is ${JSON.stringify(value)}. Connect the function to the routes of one; HTTP and REST APIs and function URLs have other events`,
  );
}

/** Text of a frame; API Gateway never encodes it today, but the event has the flag. */
export function textOf({ body, isBase64Encoded }: WebSocketMessageEvent): string {
  // By itself `Buffer.from` takes any object, and makes as many bytes as its `length` says.
  const text: string = typeof body === "string" ? body : "";
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
