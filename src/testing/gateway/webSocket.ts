import type { WebSocketClass } from "./stockClient.ts";

/** The client's end of a socket, as the gateway uses it. */
export interface ClientEnd {
  /** The handshake was answered with 101. */
  opened(subprotocol: string): void;
  received(text: string): void;
  /** The socket is closed; before it was opened, the handshake was refused. */
  closed(code: number, reason: string): void;
}

/** The gateway's end of a socket, as the client uses it. */
export interface Wire {
  /** @param text - `undefined` for a binary message */
  send(text: string | undefined): void;
  /** @param code - 1005 when the client gave none, 1006 while it is connecting */
  close(code: number, reason: string): void;
}

/** What a client asks for when it makes a socket. */
export interface DialRequest {
  readonly url: URL;
  readonly protocols: readonly string[];
}

/** Leads a new socket to its gateway. What it throws, the constructor throws. */
export type Dial = (end: ClientEnd, request: DialRequest) => Wire;

/** A `WebSocket` class as browsers have it, whose sockets are dialled in this process. */
export function webSocketClass(dial: Dial): WebSocketClass {
  const bound = class WebSocket extends MemoryWebSocket {
    constructor(url: string | URL, protocols: string | readonly string[] = []) {
      super(dial, url, [protocols].flat());
    }
  };
  // The standard's type has overloads of `addEventListener` for each event, which EventTarget serves and does not declare.
  return bound as unknown as WebSocketClass;
}

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const EVENT_TYPES = ["open", "message", "error", "close"] as const;

type Handler = ((event: Event) => unknown) | null;

/**
 * A `WebSocket` without a network: states, events and errors as the standard has them.
 *
 * @see https://websockets.spec.whatwg.org/
 */
class MemoryWebSocket extends EventTarget {
  static readonly CONNECTING: number = STATES.CONNECTING;
  static readonly OPEN: number = STATES.OPEN;
  static readonly CLOSING: number = STATES.CLOSING;
  static readonly CLOSED: number = STATES.CLOSED;
  readonly CONNECTING: number = STATES.CONNECTING;
  readonly OPEN: number = STATES.OPEN;
  readonly CLOSING: number = STATES.CLOSING;
  readonly CLOSED: number = STATES.CLOSED;
  readonly url: string;
  readonly bufferedAmount: number = 0;
  readonly extensions: string = "";
  binaryType = "blob";
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;
  readonly #wire: Wire;
  #readyState: number = STATES.CONNECTING;
  #hasOpened = false;
  #protocol = "";

  constructor(dial: Dial, url: string | URL, protocols: readonly string[]) {
    super();
    const parsed = parsedUrl(url);
    this.url = parsed.href;
    for (const type of EVENT_TYPES) {
      this.addEventListener(type, (event) => this[`on${type}`]?.(event));
    }
    this.#wire = dial(
      {
        opened: (subprotocol) => this.#opened(subprotocol),
        received: (text) => this.#received(text),
        closed: (code, reason) => this.#closed(code, reason),
      },
      { url: parsed, protocols },
    );
  }

  get readyState(): number {
    return this.#readyState;
  }

  get protocol(): string {
    return this.#protocol;
  }

  send(data: unknown): void {
    if (this.#readyState === STATES.CONNECTING) {
      throw new DOMException("send() before the socket is open", "InvalidStateError");
    }
    if (this.#readyState !== STATES.OPEN) return;
    const isBinary = typeof data === "object" && data !== null;
    this.#wire.send(isBinary ? undefined : String(data));
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(
        `close(${code}): a client may give 1000 and 3000 to 4999`,
        "InvalidAccessError",
      );
    }
    if (this.#readyState >= STATES.CLOSING) return;
    const isConnecting = this.#readyState === STATES.CONNECTING;
    this.#readyState = STATES.CLOSING;
    this.#wire.close(isConnecting ? ABNORMAL : (code ?? NO_STATUS), reason);
  }

  #opened(subprotocol: string): void {
    if (this.#readyState !== STATES.CONNECTING) return;
    this.#readyState = STATES.OPEN;
    this.#hasOpened = true;
    this.#protocol = subprotocol;
    this.dispatchEvent(new Event("open"));
  }

  #received(text: string): void {
    if (this.#readyState !== STATES.OPEN) return;
    this.dispatchEvent(
      new MessageEvent("message", { data: text, origin: new URL(this.url).origin }),
    );
  }

  #closed(code: number, reason: string): void {
    if (this.#readyState === STATES.CLOSED) return;
    this.#readyState = STATES.CLOSED;
    if (!this.#hasOpened) this.dispatchEvent(new Event("error"));
    this.dispatchEvent(closeEvent(code, reason));
  }
}

/** Node 20 has no `CloseEvent`. */
function closeEvent(code: number, reason: string): Event {
  return Object.assign(new Event("close"), { code, reason, wasClean: code !== ABNORMAL });
}

function parsedUrl(url: string | URL): URL {
  const text = String(url);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^wss?:$/.test(parsed.protocol) || parsed.hash !== "") {
    throw new DOMException(`"${text}" is no URL of a WebSocket`, "SyntaxError");
  }
  return parsed;
}
