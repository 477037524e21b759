/**
 * The platform's `WebSocket`, as a type: that of the DOM library where it is there, as for `createWSClient` of tRPC.
 *
 * @category Client
 */
export type GlobalWebSocket = typeof globalThis extends { WebSocket: infer TClass }
  ? TClass
  : WebSocketClass;

/**
 * What is needed of a WebSocket: the interface of browsers, which `ws` has too.
 *
 * @category Client
 */
export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike;

/** An instance of a {@link WebSocketClass}. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly protocol: string;
  binaryType: string;
  /** Every listener stays. */
  addEventListener(
    type: "close" | "error" | "message" | "open",
    listener: (event: { readonly type: string }) => void,
  ): void;
  /** Sends a text or bytes; called while it is open. */
  send(data: never): void;
  /** Closes it, whatever state it is in. */
  close(code?: number, reason?: string): void;
}
