import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
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

/** What later events need from the request of the handshake. */
export function handshakeOf(request: IncomingMessage): Handshake {
  const userAgent = request.headers["user-agent"];
  return {
    connectionId: gatewayId(),
    connectedAt: Date.now(),
    domainName: (request.headers.host ?? "localhost").replace(/:\d+$/, ""),
    identity: {
      sourceIp: (request.socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, ""),
      ...(userAgent !== undefined && { userAgent }),
    },
  };
}

/** The event of `$connect`. */
export function connectEvent(
  source: EventSource,
  handshake: Handshake,
  request: IncomingMessage,
): WebSocketConnectEvent {
  return {
    ...headersOf(request, handshake.identity.sourceIp),
    ...queryOf(request.url ?? "/"),
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
  const now = new Date();
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

/** Captured events carry neither of them. */
const HOP_BY_HOP = new Set(["connection", "upgrade"]);

function headersOf(
  request: IncomingMessage,
  sourceIp: string,
): Pick<WebSocketConnectEvent, "headers" | "multiValueHeaders"> {
  const spelling = new Map<string, string>();
  const multi: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    if (!spelling.has(key)) spelling.set(key, name);
    multi.push([spelling.get(key) ?? name, request.rawHeaders[index + 1] ?? ""]);
  }
  multi.push(
    ["X-Amzn-Trace-Id", traceId()],
    ["X-Forwarded-For", sourceIp],
    ["X-Forwarded-Port", String(request.socket.localPort ?? "")],
    ["X-Forwarded-Proto", "http"],
  );
  return { headers: Object.fromEntries(multi), multiValueHeaders: grouped(multi) };
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

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")}`;
}
