/** An event of a socket, the platform's own or one made up; with `data`, `code` and such by its type. */
export interface SocketEvent {
  readonly type: string;
  readonly [detail: string]: unknown;
}

type Callback = (event: SocketEvent) => unknown;
/** What `addEventListener` takes. */
type Listener = Callback | { handleEvent(event: SocketEvent): unknown };

/** States of a WebSocket. */
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** What all WebSockets of ours have: their states, and who listens. No `EventTarget`, which React Native does not have. */
export abstract class EventSocket {
  static readonly CONNECTING: number = CONNECTING;
  static readonly OPEN: number = OPEN;
  static readonly CLOSING: number = CLOSING;
  static readonly CLOSED: number = CLOSED;
  readonly CONNECTING: number = CONNECTING;
  readonly OPEN: number = OPEN;
  readonly CLOSING: number = CLOSING;
  readonly CLOSED: number = CLOSED;

  onopen: Callback | null = null;
  onmessage: Callback | null = null;
  onerror: Callback | null = null;
  onclose: Callback | null = null;

  readonly #listeners = new Map<string, Map<Listener, { readonly once: boolean }>>();

  addEventListener(type: string, listener: Listener | null, options?: unknown): void {
    if (listener === null) return;
    const listeners = this.#listeners.get(type) ?? new Map();
    this.#listeners.set(type, listeners);
    const once =
      typeof options === "object" && options !== null && "once" in options && options.once === true;
    if (!listeners.has(listener)) listeners.set(listener, { once });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (listener !== null) this.#listeners.get(type)?.delete(listener);
  }

  /**
   * Calls the listeners of an event's type, with the socket as `this`: tRPC's client answers `PING` by `this.send`. What
   * one of them throws is thrown later, as platforms do, so that the others hear of the event.
   */
  dispatchEvent(event: SocketEvent): boolean {
    const handlers: Readonly<Record<string, Callback | null>> = {
      open: this.onopen,
      message: this.onmessage,
      error: this.onerror,
      close: this.onclose,
    };
    const listeners = this.#listeners.get(event.type);
    const handler = handlers[event.type];
    if (handler) run(() => handler.call(this, event));
    for (const [listener, { once }] of [...(listeners ?? [])]) {
      if (listeners?.has(listener) !== true) continue;
      if (once) listeners.delete(listener);
      run(() =>
        typeof listener === "function" ? listener.call(this, event) : listener.handleEvent(event),
      );
    }
    return true;
  }
}

function run(callback: () => unknown): void {
  try {
    callback();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
