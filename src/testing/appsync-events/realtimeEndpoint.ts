import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { APPSYNC_SUBPROTOCOL } from "../../protocol/appSyncEvents.ts";
import { Connection, type ConnectionHost } from "./connection.ts";
import { badRequest, EventApiFailure, failureOf } from "./failure.ts";

/** A request to switch protocols, as `node:http` gives it. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  /** First bytes after the request. */
  readonly head: Buffer;
}

const HEADER_SUBPROTOCOL = "header-";
/** What AppSync closes a socket with whose client may not connect. */
const REFUSED = 4401;

/** `/event/realtime`: who may connect gets a {@link Connection}, others an error and a close frame. */
export class RealtimeEndpoint {
  readonly connections: Map<string, Connection> = new Map();
  readonly #host: Omit<ConnectionHost, "onClosed">;
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => offered.has(APPSYNC_SUBPROTOCOL) && APPSYNC_SUBPROTOCOL,
  });

  constructor(host: Omit<ConnectionHost, "onClosed">) {
    this.#host = host;
  }

  /** Never rejects. */
  async upgrade({ request, stream, head }: UpgradeRequest): Promise<void> {
    const abandon = (): unknown => stream.destroy();
    stream.on("error", abandon);
    const refusal = await this.#refusal(request);
    if (stream.destroyed) return;
    this.#server.handleUpgrade(request, stream, head, (webSocket) => {
      if (refusal === undefined) this.#accept(webSocket);
      else refuse(webSocket, refusal);
    });
  }

  #accept(webSocket: WebSocket): void {
    const connection = new Connection(randomUUID(), webSocket, {
      ...this.#host,
      onClosed: ({ id }) => this.connections.delete(id),
    });
    this.connections.set(connection.id, connection);
  }

  async #refusal(request: IncomingMessage): Promise<EventApiFailure | undefined> {
    try {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      if (pathname !== "/event/realtime") {
        throw new EventApiFailure("NotFoundException", `there is no ${pathname}`, 404);
      }
      const offered = String(request.headers["sec-websocket-protocol"] ?? "").split(/, */);
      if (!offered.includes(APPSYNC_SUBPROTOCOL)) throw badRequest("NoProtocolError");
      const authorization = authorizationOf(offered);
      const connect = { operation: "EVENT_CONNECT", authorization, body: "{}" } as const;
      await this.#host.authorization.authorize(connect);
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }
}

function authorizationOf(subprotocols: readonly string[]): unknown {
  const header = subprotocols.find((name) => name.startsWith(HEADER_SUBPROTOCOL));
  if (header === undefined) throw badRequest("the subprotocol header-… is missing");
  const text = Buffer.from(header.slice(HEADER_SUBPROTOCOL.length), "base64url").toString();
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("the subprotocol header-… is no JSON in base64url");
  }
}

function refuse(webSocket: WebSocket, { errorType, statusCode, message }: EventApiFailure): void {
  webSocket.on("error", () => undefined);
  const errors = [{ errorType, errorCode: statusCode, message }];
  webSocket.send(JSON.stringify({ type: "connection_error", errors }));
  webSocket.close(REFUSED, errorType);
}
