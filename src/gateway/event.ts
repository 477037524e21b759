import { randomBytes } from "node:crypto";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketMessageEvent,
  WebSocketRequestContext,
} from "../adapters/api-gateway/event.ts";
import type { RouteKey } from "./observation.ts";

/** What all events of an API share. */
export interface EventSource {
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables?: Readonly<Record<string, string>>;
  /** Reads the time of an event, in epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** What an HTTP request to switch protocols says. */
export interface HandshakeRequest {
  /** Path and query string. */
  readonly url: string;
  /** Names as the client wrote them, and those that API Gateway adds; a name may come several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What all events of a connection share. */
export interface Handshake {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly domainName: string;
  readonly identity: { readonly sourceIp: string; readonly userAgent?: string };
  readonly authorizer?: Readonly<Record<string, unknown>>;
}

/** An id as API Gateway makes them for connections, requests and messages: 16 characters, the last one `=`. */
export function gatewayId(): string {
  return `${randomBytes(11).toString("base64url")}=`;
}

/** The event of `$connect`. */
export function connectEvent(
  source: EventSource,
  handshake: Handshake,
  { headers, url }: HandshakeRequest,
): WebSocketConnectEvent {
  return {
    headers: Object.fromEntries(headers),
    multiValueHeaders: grouped(headers),
    ...queryOf(url),
    requestContext: requestContext(source, handshake, "$connect"),
    ...stageVariablesOf(source),
    isBase64Encoded: false,
  };
}

/** The event of `$default`: neither headers nor query string. */
export function messageEvent(
  source: EventSource,
  handshake: Handshake,
  body: string,
): WebSocketMessageEvent {
  return {
    requestContext: {
      ...requestContext(source, handshake, "$default"),
      messageId: gatewayId(),
    },
    ...stageVariablesOf(source),
    body,
    isBase64Encoded: false,
  };
}

/** The event of `$disconnect`. */
export function disconnectEvent(
  source: EventSource,
  handshake: Handshake,
  closed: { readonly code: number; readonly reason: string },
): WebSocketDisconnectEvent {
  const headers = {
    Host: handshake.domainName,
    "x-api-key": "",
    "X-Forwarded-For": "",
    "x-restapi": "",
  };
  return {
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    requestContext: {
      ...requestContext(source, handshake, "$disconnect"),
      disconnectStatusCode: closed.code,
      disconnectReason: closed.reason,
    },
    ...stageVariablesOf(source),
    isBase64Encoded: false,
  };
}

const EVENT_TYPE = {
  $connect: "CONNECT",
  $default: "MESSAGE",
  $disconnect: "DISCONNECT",
} as const;

function requestContext(
  source: EventSource,
  handshake: Handshake,
  routeKey: RouteKey,
): WebSocketRequestContext {
  const requestId = gatewayId();
  const now = new Date(source.now?.() ?? Date.now());
  return {
    routeKey,
    eventType: EVENT_TYPE[routeKey],
    extendedRequestId: requestId,
    requestTime: requestTime(now),
    messageDirection: "IN",
    stage: source.stage,
    requestTimeEpoch: now.getTime(),
    requestId,
    apiId: source.apiId,
    ...handshake,
  };
}

/** For example `11/Nov/2024:11:35:24 +0000`. */
function requestTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

function stageVariablesOf(source: EventSource): Pick<WebSocketMessageEvent, "stageVariables"> {
  return source.stageVariables === undefined ? {} : { stageVariables: source.stageVariables };
}

function queryOf(
  url: string,
): Pick<WebSocketConnectEvent, "queryStringParameters" | "multiValueQueryStringParameters"> {
  const start = url.indexOf("?");
  const entries = start < 0 ? [] : [...new URLSearchParams(url.slice(start))];
  if (entries.length === 0) return {};
  return {
    queryStringParameters: Object.fromEntries(entries),
    multiValueQueryStringParameters: grouped(entries),
  };
}

function grouped(entries: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of entries) {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [value]);
    else group.push(value);
  }
  return Object.fromEntries(groups);
}
