import type { BackOff } from "./backOff.ts";
import { Conversation } from "./conversation.ts";
import { CLOSED, CLOSING, CONNECTING, EventSocket, OPEN, type SocketEvent } from "./eventSocket.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { WebSocketClass, WebSocketLike } from "./webSocketClass.ts";

/** What the sockets of one `wsClient` have in common. */
export interface SharedState {
  readonly WebSocket: WebSocketClass;
  readonly handOver: boolean;
  readonly startedTimeoutMs: number;
  readonly paramsAckTimeoutMs: number;
  readonly backOff: BackOff;
  readonly subscriptions: Subscriptions;
}

/** Close code, of those left to applications, of a socket that is given up: the server has lost something on it. */
const GIVEN_UP = 4000;
/** Close code of a socket that never opened; no frame carries it. */
const ABNORMAL = 1006;

type SocketEventType = Parameters<WebSocketLike["addEventListener"]>[0];

/** A WebSocket whose frames go through a {@link Conversation}, over one of the platform that is made when it may be. */
export class ResilientSocket extends EventSocket {
  readonly url: string;

  readonly #shared: SharedState;
  readonly #protocols: string | string[] | undefined;
  readonly #conversation: Conversation;
  readonly #number: number;
  #socket: WebSocketLike | undefined;
  #binaryType = "blob";
  /** Of a socket that has not been made yet, or has ended before its platform knows. */
  #state = CONNECTING;
  #opening: ReturnType<typeof setTimeout> | undefined;
  #openedAtMs: number | undefined;
  #isClosedByClient = false;
  #isBackOffTold = false;

  constructor(shared: SharedState, url: string | URL, protocols?: string | string[]) {
    super();
    this.#shared = shared;
    const text = String(url);
    this.url = shared.handOver ? `${text}${text.includes("?") ? "&" : "?"}handOver=1` : text;
    this.#protocols = protocols;
    this.#number = shared.subscriptions.nextSocket();
    this.#conversation = new Conversation({
      ...shared,
      number: this.#number,
      isOpen: () => this.readyState === OPEN,
      send: (data) => this.#socket?.send(data as never),
      deliver: (data) => this.#deliver(data),
      lose: (reason) => this.#giveUp(reason),
    });
    const waitMs = shared.backOff.remainingMs();
    if (waitMs === 0) this.#open();
    else this.#opening = setTimeout(() => this.#openLate(), waitMs);
  }

  get readyState(): number {
    return this.#state === CONNECTING ? (this.#socket?.readyState ?? CONNECTING) : this.#state;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  get extensions(): string {
    return this.#socket?.extensions ?? "";
  }

  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(type: string) {
    this.#binaryType = type;
    if (this.#socket !== undefined) this.#socket.binaryType = type;
  }

  send(data: unknown): void {
    if (this.readyState === OPEN) this.#conversation.send(data);
    else if (this.readyState === CONNECTING) throw new Error("WebSocket.send: it is not open yet");
  }

  close(code?: number, reason?: string): void {
    if (this.#state !== CONNECTING) return;
    // Clients close with a code when something has failed.
    this.#isClosedByClient ||= code === undefined || code === 1000;
    if (this.#socket !== undefined) {
      if (code === undefined) this.#socket.close();
      else this.#socket.close(code, reason);
      return;
    }
    clearTimeout(this.#opening);
    this.#state = CLOSING;
    setTimeout(() => this.#fail("closed before it was opened"));
  }

  #openLate(): void {
    try {
      this.#open();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #open(): void {
    const { WebSocket } = this.#shared;
    const socket =
      this.#protocols === undefined
        ? new WebSocket(this.url)
        : new WebSocket(this.url, this.#protocols);
    this.#socket = socket;
    if (this.#binaryType !== "blob") socket.binaryType = this.#binaryType;
    // They stay when the socket is given up: an error that nobody listens to ends a Node process.
    const on = (type: SocketEventType, act: (event: SocketEvent) => void): void =>
      socket.addEventListener(type, (event) => {
        if (this.#state === CONNECTING) act(event);
      });
    on("open", (event) => {
      this.#openedAtMs = Date.now();
      this.dispatchEvent(event);
    });
    on("message", (event) => {
      // Some platforms go on while the socket closes. The client does not take it any more, so it must come again.
      if (this.readyState === OPEN) this.#conversation.receive(event["data"]);
    });
    on("error", (event) => {
      // Clients before 11.25 ask for the pause at this event, not at the next one.
      this.#tellBackOff();
      this.dispatchEvent(event);
    });
    on("close", (event) => this.#end(event));
  }

  #deliver(data: unknown): void {
    if (this.readyState === OPEN) this.dispatchEvent({ type: "message", data, target: this });
  }

  #giveUp(reason: string): void {
    if (this.#state !== CONNECTING) return;
    // The client must not wait for the other side's answer: there may be nobody.
    this.#socket?.close(GIVEN_UP, closeReason(reason));
    this.#end(this.#closeEvent(GIVEN_UP, reason));
  }

  #fail(message: string): void {
    this.#state = CLOSED;
    this.#tellBackOff();
    this.dispatchEvent({ type: "error", message, target: this });
    this.#end(this.#closeEvent(ABNORMAL, ""));
  }

  #closeEvent(code: number, reason: string): SocketEvent {
    return { type: "close", code, reason, wasClean: false, target: this };
  }

  #end(event: SocketEvent): void {
    this.#state = CLOSED;
    this.#tellBackOff();
    this.#conversation.end();
    this.#shared.subscriptions.socketEnded(this.#number, this.#livedMs());
    this.dispatchEvent(event);
  }

  #tellBackOff(): void {
    if (this.#isBackOffTold) return;
    this.#isBackOffTold = true;
    this.#shared.backOff.ended(this.#livedMs(), this.#isClosedByClient);
  }

  #livedMs(): number {
    return this.#openedAtMs === undefined ? 0 : Date.now() - this.#openedAtMs;
  }
}

/** A reason as a close frame takes it: 123 bytes at most, or `close` throws. */
function closeReason(text: string): string {
  return text.slice(0, 120).replaceAll(/[^ -~]/g, "?");
}
