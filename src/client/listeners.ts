/** An event of a socket, the platform's own or one made up; with `data`, `code` and such by its type. */
export interface SocketEvent {
  readonly type: string;
  readonly [detail: string]: unknown;
}

type Callback = (event: SocketEvent) => unknown;
/** What `addEventListener` takes. */
export type Listener = Callback | { handleEvent(event: SocketEvent): unknown };

/** The listeners of one socket. Not an `EventTarget`, which React Native does not have. */
export class Listeners {
  readonly #byType = new Map<string, Map<Listener, { readonly once: boolean }>>();

  add(type: string, listener: Listener | null, options?: unknown): void {
    if (listener === null) return;
    const listeners = this.#byType.get(type) ?? new Map();
    this.#byType.set(type, listeners);
    const once =
      typeof options === "object" && options !== null && "once" in options && options.once === true;
    if (!listeners.has(listener)) listeners.set(listener, { once });
  }

  remove(type: string, listener: Listener | null): void {
    if (listener !== null) this.#byType.get(type)?.delete(listener);
  }

  /**
   * Calls the listeners of an event's type, with the socket as `this`: tRPC's client answers `PING` by `this.send`. What
   * one of them throws is thrown later, as platforms do, so that the others hear of the event.
   *
   * @param handler - of the property, such as `onopen`
   */
  call(socket: object, event: SocketEvent, handler: Callback | null): void {
    const listeners = this.#byType.get(event.type);
    if (handler !== null) run(() => handler.call(socket, event));
    for (const [listener, { once }] of [...(listeners ?? [])]) {
      if (listeners?.has(listener) !== true) continue;
      if (once) listeners.delete(listener);
      run(() =>
        typeof listener === "function" ? listener.call(socket, event) : listener.handleEvent(event),
      );
    }
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
