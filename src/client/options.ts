import type { WebSocketClass } from "./webSocketClass.ts";

/**
 * Options of {@link resilientWebSocket} and {@link preset}.
 *
 * @category Client
 */
export interface ResilientWebSocketOptions {
  /**
   * The class that sockets are made of.
   *
   * @defaultValue the global one. Node has one from 22 on; before, give that of the package `ws`
   */
  readonly WebSocket?: WebSocketClass;
  /**
   * Says to the server, by `handOver=1` in the query of each URL, that it may move the client to another socket before
   * API Gateway cuts this one after two hours. Only for `@trpc/client` from 11.25 on: an earlier one answers a single
   * `reconnect` of the server by connecting without end. While this is off, none reaches the client.
   *
   * @defaultValue false
   */
  readonly handOver?: boolean;
  /**
   * Milliseconds after which a subscription that the server has neither started nor refused is taken for lost. The
   * socket is then closed, and the client opens another one and sends everything again.
   *
   * Closing it also ends the socket's queries and mutations, so this must not be shorter than a handler may take:
   * API Gateway gives it 29 s, in which a wait of up to 3 s for `connectionParams` is contained, and says itself when it
   * failed before, which closes the socket at once. At least 1.
   *
   * @defaultValue 35_000, those 29 s and 6 s for the network
   */
  readonly startedTimeoutMs?: number;
  /**
   * Milliseconds for which the client's requests are held until the server says that it has stored the
   * `connectionParams`. Longer than that they are sent all the same: the server may be too old to say it, and waits for
   * the params itself. 0 holds nothing.
   *
   * @defaultValue 5_000, a cold start and a write
   */
  readonly paramsAckTimeoutMs?: number;
}
