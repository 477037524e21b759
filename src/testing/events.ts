import { randomUUID } from "node:crypto";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketMessageEvent,
  WebSocketRequestContext,
} from "../adapters/api-gateway/event.ts";

/** API id of the built events, and of the endpoint of `recordingClient`. */
export const TEST_API_ID = "a1b2c3d4e5";
/** Stage of the built events, and of the endpoint of `recordingClient`. */
export const TEST_STAGE = "test";

/** What every event builder takes. */
export interface EventOptions<TRequestContext = WebSocketRequestContext> {
  /**
   * Connection the event is about: letters, digits, `_`, `=` and `-`, at most 64.
   *
   * @defaultValue "connection"
   */
  readonly connectionId?: string;
  /** Fields of `requestContext` that the test is about, for example `authorizer`; they win over the defaults. */
  readonly requestContext?: Partial<TRequestContext>;
  /** @defaultValue none: the key is absent */
  readonly stageVariables?: Readonly<Record<string, string>>;
}

/** Options of {@link connectEvent}. */
export interface ConnectEventOptions extends EventOptions {
  /** Headers beside those that every handshake has, for example `{ Origin: "https://example.com" }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Query string of the URL the client opens.
   *
   * @defaultValue none: the keys of the event are absent
   */
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * The event of `$connect`, for the handler that `connect()` made.
 *
 * ```ts
 * await connect(connectEvent({ connectionId: "alice", query: { token: "t" } })); // { statusCode: 200 }
 * ```
 *
 * @category Testing
 */
export function connectEvent(options: ConnectEventOptions = {}): WebSocketConnectEvent {
  const headers = {
    Host: TEST_DOMAIN_NAME,
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    "Sec-WebSocket-Key": Buffer.from(randomHex(), "hex").toString("base64"),
    "Sec-WebSocket-Version": "13",
    "X-Amzn-Trace-Id": `Root=1-${randomHex().slice(0, 8)}-${randomHex().slice(0, 24)}`,
    "X-Forwarded-For": TEST_SOURCE_IP,
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
    ...options.headers,
  };
  const { query } = options;
  return {
    headers,
    multiValueHeaders: multiValue(headers),
    ...(query !== undefined && {
      queryStringParameters: query,
      multiValueQueryStringParameters: multiValue(query),
    }),
    requestContext: {
      ...requestContext(options.connectionId, { routeKey: "$connect", eventType: "CONNECT" }),
      ...options.requestContext,
    },
    ...stageVariablesOf(options),
    isBase64Encoded: false,
  };
}

/**
 * The event of `$default`, for the handler that `handler()` made. Each is a frame of its own, later than the one before.
 *
 * ```ts
 * await handler(messageEvent({ id: 1, method: "subscription", params: { path: "onPing" } }, { connectionId: "alice" }));
 * ```
 *
 * @param frame - what the client sends: text as it is, anything else as its JSON
 *
 * @category Testing
 */
export function messageEvent(
  frame: unknown,
  options: EventOptions<WebSocketMessageEvent["requestContext"]> = {},
): WebSocketMessageEvent {
  return {
    requestContext: {
      ...requestContext(options.connectionId, { routeKey: "$default", eventType: "MESSAGE" }),
      messageId: gatewayId(),
      ...options.requestContext,
    },
    ...stageVariablesOf(options),
    body: typeof frame === "string" ? frame : JSON.stringify(frame),
    isBase64Encoded: false,
  };
}

/**
 * The event of `$disconnect`, for the handler that `disconnect()` made: of a client that went without a close code,
 * unless `requestContext` says otherwise.
 *
 * @category Testing
 */
export function disconnectEvent(
  options: EventOptions<WebSocketDisconnectEvent["requestContext"]> = {},
): WebSocketDisconnectEvent {
  const headers = {
    Host: TEST_DOMAIN_NAME,
    "x-api-key": "",
    "X-Forwarded-For": "",
    "x-restapi": "",
  };
  return {
    headers,
    multiValueHeaders: multiValue(headers),
    requestContext: {
      ...requestContext(options.connectionId, { routeKey: "$disconnect", eventType: "DISCONNECT" }),
      disconnectStatusCode: 1005,
      disconnectReason: "Client-side close frame status not set",
      ...options.requestContext,
    },
    ...stageVariablesOf(options),
    isBase64Encoded: false,
  };
}

export const TEST_DOMAIN_NAME: string = `${TEST_API_ID}.execute-api.us-east-1.amazonaws.com`;
/** Of the range for documentation, RFC 5737. */
export const TEST_SOURCE_IP: string = "192.0.2.1";

let lastRequestTimeMs = 0;

/**
 * Frames of a connection are put in order by their time, and two of the same millisecond count as simultaneous: a test
 * that builds one after the other means one after the other.
 */
export function nextRequestTimeMs(): number {
  lastRequestTimeMs = Math.max(Date.now(), lastRequestTimeMs + 1);
  return lastRequestTimeMs;
}

function requestContext(
  connectionId: string | undefined,
  route: Pick<WebSocketRequestContext, "routeKey" | "eventType">,
): WebSocketRequestContext {
  const requestId = gatewayId();
  const requestTimeEpoch = nextRequestTimeMs();
  return {
    ...route,
    extendedRequestId: requestId,
    requestTime: requestTime(requestTimeEpoch),
    messageDirection: "IN",
    stage: TEST_STAGE,
    connectedAt: Date.now(),
    requestTimeEpoch,
    identity: { sourceIp: TEST_SOURCE_IP },
    requestId,
    domainName: TEST_DOMAIN_NAME,
    connectionId: connectionId ?? "connection",
    apiId: TEST_API_ID,
  };
}

/** 16 characters, the last one `=`, as API Gateway's ids. */
function gatewayId(): string {
  return `${randomHex().slice(0, 15)}=`;
}

/** 32 digits. UUIDs come from a cache, where random bytes are a call of the system each time. */
function randomHex(): string {
  return randomUUID().replaceAll("-", "");
}

/** For example `11/Nov/2024:11:35:24 +0000`. */
function requestTime(epochMs: number): string {
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

function multiValue(values: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
}

function stageVariablesOf({
  stageVariables,
}: Pick<EventOptions, "stageVariables">): Pick<WebSocketMessageEvent, "stageVariables"> {
  return stageVariables === undefined ? {} : { stageVariables };
}
