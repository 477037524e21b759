import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { connectEvent, gatewayId, type Handshake } from "../gateway/event.ts";
import type { Acceptance, Routes } from "../gateway/routes.ts";
import type { Refusal } from "../gateway/settings.ts";
import { authorize } from "./authorizer.ts";
import { handshakeOf, handshakeRequest } from "./handshake.ts";
import type { GatewaySettings } from "./options.ts";

/** A request to switch protocols, as `node:http` gives it. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  /** First bytes after the request. */
  readonly head: Buffer;
}

/** What the handshake needs from the gateway around it. */
export interface UpgradeHost {
  readonly settings: GatewaySettings;
  readonly routes: Routes;
  /** Called when the client has been answered with 101. */
  onConnected(
    socket: { readonly webSocket: WebSocket; readonly stream: Duplex },
    handshake: Handshake,
  ): void;
}

/** The handshake: authorizer, `$connect`, and only then 101. */
export class Upgrader {
  readonly #host: UpgradeHost;
  readonly #server: WebSocketServer;
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #pending = new Set<Duplex>();
  #isStopped = false;

  constructor(host: UpgradeHost) {
    this.#host = host;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: host.settings.maxMessageBytes,
      // Only what `$connect` returns is echoed, whether or not the client offered it.
      handleProtocols: () => false,
    });
    this.#server.on("headers", (headers, request) => {
      const subprotocol = this.#subprotocols.get(request);
      if (subprotocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
    });
  }

  /** Cuts the handshakes under way and refuses new ones with 503. */
  stop(): void {
    this.#isStopped = true;
    for (const stream of this.#pending) stream.destroy();
  }

  /** Answers one request. Never rejects. */
  async upgrade(upgrade: UpgradeRequest): Promise<void> {
    const { stream, request } = upgrade;
    const handshake = handshakeOf(request);
    // A socket that breaks meanwhile is found `destroyed` below; without a listener it would end the process.
    stream.on("error", () => undefined);
    this.#pending.add(stream);
    try {
      const decision = this.#invalid(request) ?? (await this.#decide(request, handshake));
      if ("refusal" in decision) this.#refuse(upgrade, handshake, decision.refusal);
      else this.#accept(upgrade, decision.handshake, decision.acceptance);
    } finally {
      this.#pending.delete(stream);
    }
  }

  async #decide(
    request: IncomingMessage,
    unauthorized: Handshake,
  ): Promise<
    | { readonly refusal: Refusal }
    | { readonly acceptance: Acceptance; readonly handshake: Handshake }
  > {
    const { settings, routes } = this.#host;
    const { sourceIp } = unauthorized.identity;
    let handshake = unauthorized;
    if (settings.authorizer !== undefined) {
      const event = connectEvent(settings, handshake, handshakeRequest(request, sourceIp));
      const authorized = await authorize(settings.authorizer, event, settings);
      if ("refusal" in authorized) return authorized;
      handshake = { ...handshake, ...authorized };
    }
    const event = connectEvent(settings, handshake, handshakeRequest(request, sourceIp));
    const answer = await routes.connect(event);
    return "statusCode" in answer ? { refusal: answer } : { acceptance: answer, handshake };
  }

  #accept(upgrade: UpgradeRequest, handshake: Handshake, { subprotocol }: Acceptance): void {
    const { request, stream, head } = upgrade;
    const { settings, routes, onConnected } = this.#host;
    if (stream.destroyed || this.#isStopped) {
      stream.destroy();
      // $connect accepted it, so API Gateway counts it as a connection that ended.
      routes.disconnect(handshake, { code: 1006, reason: "Connection closed abnormally" });
      return;
    }
    if (subprotocol !== undefined) this.#subprotocols.set(request, subprotocol);
    this.#server.handleUpgrade(request, stream, head, (webSocket) => {
      onConnected({ webSocket, stream }, handshake);
      const { connectionId } = handshake;
      settings.onEvent({ type: "connected", connectionId, url: request.url ?? "/", subprotocol });
    });
  }

  #refuse(
    { request, stream }: UpgradeRequest,
    { connectionId }: Handshake,
    refusal: Refusal,
  ): void {
    const { statusCode, reason } = refusal;
    const message = STATUS_CODES[statusCode] ?? "Error";
    const body = JSON.stringify({ message, connectionId, requestId: gatewayId() });
    stream.once("finish", () => stream.destroy());
    stream.end(
      [
        `HTTP/1.1 ${statusCode} ${message}`,
        "Connection: close",
        "Content-Type: application/json",
        `Content-Length: ${Buffer.byteLength(body)}`,
        "",
        body,
      ].join("\r\n"),
    );
    const url = request.url ?? "/";
    this.#host.settings.onEvent({ type: "upgradeRefused", connectionId, url, statusCode, reason });
  }

  #invalid(request: IncomingMessage): { readonly refusal: Refusal } | undefined {
    const { stage } = this.#host.settings;
    if (this.#isStopped) return { refusal: { statusCode: 503, reason: "the gateway is stopping" } };
    if (!isPathOf(stage, request.url ?? "/")) {
      return { refusal: { statusCode: 403, reason: `the path is neither / nor /${stage}` } };
    }
    if (!isWebSocketHandshake(request)) {
      return { refusal: { statusCode: 400, reason: "not a WebSocket handshake" } };
    }
    return undefined;
  }
}

function isPathOf(stage: string, url: string): boolean {
  const path = url.replace(/\?.*$/s, "").replace(/\/$/, "");
  return ["", `/${stage}`, `/${encodeURIComponent(stage)}`].includes(path);
}

/** The same demands as `ws` has, which would check them only after `$connect` ran. */
function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "") &&
    ["8", "13"].includes(String(headers["sec-websocket-version"]))
  );
}
