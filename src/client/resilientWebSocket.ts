import type { ResilientWebSocketOptions } from "./options.ts";
import { createSocketClass } from "./socketClass.ts";
import type { GlobalWebSocket } from "./webSocketClass.ts";

/**
 * A WebSocket class for tRPC's `createWSClient({ url, WebSocket: resilientWebSocket() })`, which mends what a stock client
 * cannot do on API Gateway. Optional: without it everything arrives as well, at least once.
 *
 * It remembers subscriptions over reconnects, so each `wsClient` takes a class of its own: call this once for each.
 * Every 11 of `@trpc/client` will do. {@link preset} adds the other options of `createWSClient` that fit.
 *
 * **Each event once.** Of a subscription with history an event is passed on once, however often and on whatever socket
 * it comes. It is known again by its id, among the 10,000 of its subscription that came last. An event that an outbox
 * stored late carries its id in its data; where a transformer makes other text of that, it may arrive twice.
 *
 * **In order.** What was missed is sorted by event id, and passed on before `started` (`onStarted`) and before anything
 * that is published later. Live events are passed on as they come, none is held back: those of one publisher, whose
 * calls are awaited, are in the order of their ids, while those of two publishers that publish at the same time may come
 * in either order, and an event that was under way when the socket was lost comes after later ones that came before. So
 * 0 reordered events means: per publisher, and in all that is missed at once. If more than 10,000 events come
 * before `started`, those are sorted, and the rest is passed on as it comes.
 *
 * **Nothing missed before the first event.** A subscription that got no event yet is resumed from where it started, not
 * from where it is back. As with any cursor the server then begins `history.overlapSeconds` earlier, so it may be given
 * events from shortly before it started, which it had not been given then.
 *
 * **No hang, no loop.** A subscription without an answer, or an error frame of API Gateway while anything waits for an
 * answer, closes the socket (code 4000), so that the client sends everything again. Sockets that do not live for 10 s put
 * off the next one, by a random time that grows to 30 s. Resubscribing is split into frames of 24 KB; a message
 * of more than the 32,768 bytes that API Gateway takes fails with `PAYLOAD_TOO_LARGE` in place of the whole socket. With
 * `connectionParams` requests wait until the server has them.
 *
 * Subscriptions without history pass untouched, as do queries and mutations.
 *
 * @throws {@link InvalidOptionError} for a time out of bounds, and where there is no WebSocket
 *
 * @category Client
 */
export function resilientWebSocket(options: ResilientWebSocketOptions = {}): GlobalWebSocket {
  return createSocketClass("resilientWebSocket", options).WebSocket;
}
