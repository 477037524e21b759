import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { Handshake } from "../gateway/event.ts";
import type { MessageSource, Routes } from "../gateway/routes.ts";
import { startTimer } from "../gateway/timer.ts";
import { FrameScanner } from "./frames.ts";
import type { GatewaySettings } from "./options.ts";

/** How long a client may take to answer a close frame before its socket is cut. */
const CLOSE_GRACE_MS = 1000;

const TOO_BIG = 1009;
const UNSUPPORTED_DATA = 1003;
const GOING_AWAY = 1001;

/** Reasons as API Gateway words them where the close frame has none; that of 1006 is ours. */
const REASON_BY_CODE = new Map([
  [1005, "Client-side close frame status not set"],
  [1006, "Connection closed abnormally"],
]);

/** The close codes `ws` answers protocol errors with, by the error's `code`. */
const CODE_BY_ERROR = new Map([
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", TOO_BIG],
  ["WS_ERR_INVALID_UTF8", 1007],
]);
const PROTOCOL_ERROR = 1002;

/** What a connection needs from the gateway around it. */
export interface ConnectionHost {
  readonly settings: GatewaySettings;
  readonly routes: Routes;
  /** Called once, when the socket is closed. */
  onClosed(connection: Connection): void;
}

/** A socket after its handshake: limits, timers, and the way of its messages to `$default`. */
export class Connection implements MessageSource {
  readonly handshake: Handshake;
  /** Resolves when the socket is closed and `$disconnect` has been started. */
  readonly closed: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #webSocket: WebSocket;
  readonly #scanner: FrameScanner;
  readonly #idleTimer: NodeJS.Timeout | undefined;
  readonly #lifetimeTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #lastActiveAt = Date.now();
  #closedByGateway: { readonly code: number; readonly reason: string } | undefined;
  #error: Error | undefined;

  constructor(
    socket: { readonly webSocket: WebSocket; readonly stream: Duplex },
    handshake: Handshake,
    host: ConnectionHost,
  ) {
    const { idleTimeoutMs, maxConnectionMs, maxFrameBytes } = host.settings;
    this.handshake = handshake;
    this.#host = host;
    this.#webSocket = socket.webSocket;
    this.#scanner = new FrameScanner(maxFrameBytes);
    const goAway = (): void => this.close(GOING_AWAY, "Going away");
    this.#idleTimer = startTimer(idleTimeoutMs, goAway);
    this.#lifetimeTimer = startTimer(maxConnectionMs, goAway);
    this.closed = this.#listen(socket.stream);
  }

  /** Whether the client can still be posted to. */
  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /** Epoch milliseconds of the last message in either direction. */
  get lastActiveAt(): number {
    return this.#lastActiveAt;
  }

  /** Bytes the client has not read yet, as far as this process knows. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** Sends a text message. The caller has checked {@link isOpen}. */
  send(payload: string | Uint8Array): void {
    this.#touch();
    this.#webSocket.send(payload, { binary: false }, (error) => {
      if (!error) return;
      const { connectionId } = this.handshake;
      this.#host.settings.onEvent({ type: "sendFailed", connectionId, error });
    });
  }

  /** Sends API Gateway's own frame, unless the client is gone. */
  sendErrorFrame(requestId: string, message: string): void {
    if (!this.isOpen) return;
    const { connectionId } = this.handshake;
    this.send(JSON.stringify({ message, connectionId, requestId }));
    this.#host.settings.onEvent({ type: "errorFrame", connectionId, requestId, message });
  }

  /** Closes with a close frame; cuts the socket if the client does not answer it. */
  close(code: number, reason: string): void {
    if (this.#closedByGateway !== undefined) return;
    this.#closedByGateway = { code, reason };
    this.#webSocket.close(code, reason);
    this.#graceTimer = setTimeout(() => this.terminate(), CLOSE_GRACE_MS);
  }

  /** Cuts the socket without a close frame. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  #listen(stream: Duplex): Promise<void> {
    // Before ws's own listener, so that the scanner knows the frames of every message that ws emits.
    stream.prependListener("data", (chunk: Buffer) => this.#scanner.push(chunk));
    stream.on("data", () => {
      if (this.#scanner.tooLarge) this.close(TOO_BIG, "");
    });
    this.#webSocket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    this.#webSocket.on("error", (error) => this.#fail(error));
    return new Promise((resolve) => {
      this.#webSocket.on("close", (code, reason) => {
        this.#finish(code, reason.toString());
        resolve();
      });
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    const isTooLarge = this.#scanner.takeMessage();
    if (this.#closedByGateway !== undefined) return;
    if (isTooLarge || isBinary) {
      this.close(isTooLarge ? TOO_BIG : UNSUPPORTED_DATA, "");
      return;
    }
    this.#touch();
    const body = data.toString();
    const { connectionId } = this.handshake;
    this.#host.settings.onEvent({ type: "frameReceived", connectionId, body });
    this.#host.routes.message(this, body);
  }

  #fail(error: Error & { readonly code?: string }): void {
    this.#error = error;
    const isProtocolError = error.code?.startsWith("WS_ERR_") === true;
    if (isProtocolError) this.close(CODE_BY_ERROR.get(error.code ?? "") ?? PROTOCOL_ERROR, "");
  }

  #touch(): void {
    this.#lastActiveAt = Date.now();
    this.#idleTimer?.refresh();
  }

  #finish(receivedCode: number, receivedReason: string): void {
    for (const timer of [this.#idleTimer, this.#lifetimeTimer, this.#graceTimer]) {
      clearTimeout(timer);
    }
    const { code, reason } = this.#closedByGateway ?? {
      code: receivedCode,
      reason: receivedReason || (REASON_BY_CODE.get(receivedCode) ?? ""),
    };
    const { settings, routes, onClosed } = this.#host;
    onClosed(this);
    const { connectionId } = this.handshake;
    settings.onEvent({ type: "closed", connectionId, code, reason, error: this.#error });
    routes.disconnect(this.handshake, { code, reason });
  }
}
