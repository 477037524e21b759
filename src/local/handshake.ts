import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { gatewayId, type Handshake, type HandshakeRequest } from "../gateway/event.ts";

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

/** Captured events carry neither of them. */
const HOP_BY_HOP = new Set(["connection", "upgrade"]);

/** What `$connect` and its authorizer are told of the request. */
export function handshakeRequest(request: IncomingMessage, sourceIp: string): HandshakeRequest {
  const spelling = new Map<string, string>();
  const headers: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    if (!spelling.has(key)) spelling.set(key, name);
    headers.push([spelling.get(key) ?? name, request.rawHeaders[index + 1] ?? ""]);
  }
  headers.push(
    ["X-Amzn-Trace-Id", traceId()],
    ["X-Forwarded-For", sourceIp],
    ["X-Forwarded-Port", String(request.socket.localPort ?? "")],
    ["X-Forwarded-Proto", "http"],
  );
  return { url: request.url ?? "/", headers };
}

function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")}`;
}
