import type { WebSocketClass } from "../../../../src/client/webSocketClass.ts";

type Listener = (event: object) => void;

/** A socket whose server is the test. */
export class FakeSocket {
  readonly url: string;
  readonly subprotocols: readonly string[];
  readonly sent: Record<string, unknown>[] = [];
  isClosed = false;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string, subprotocols: readonly string[]) {
    this.url = url;
    this.subprotocols = subprotocols;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.isClosed = true;
  }

  emit(type: string, event: object = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ type, ...event });
  }

  /** What the server sends. */
  say(frame: object): void {
    this.emit("message", { data: JSON.stringify(frame) });
  }
}

/** A class whose instances are noted. */
export function fakeSockets(): {
  readonly WebSocket: WebSocketClass;
  readonly sockets: FakeSocket[];
} {
  const sockets: FakeSocket[] = [];
  const WebSocket = class extends FakeSocket {
    constructor(url: string, subprotocols: readonly string[]) {
      super(url, subprotocols);
      sockets.push(this);
    }
  };
  return { WebSocket: WebSocket as unknown as WebSocketClass, sockets };
}
