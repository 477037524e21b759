import { type ApiGatewayPreset, apiGatewayPreset } from "./apiGatewayPreset.ts";
import type { ResilientWebSocketOptions } from "./options.ts";
import { createSocketClass } from "./socketClass.ts";
import type { GlobalWebSocket } from "./webSocketClass.ts";

/**
 * The part of tRPC's `createWSClient` options that {@link preset} fills in.
 *
 * @category Client
 */
export interface ResilientPreset extends ApiGatewayPreset {
  readonly WebSocket: GlobalWebSocket;
}

/**
 * Options that fit API Gateway, with {@link resilientWebSocket}: `createWSClient({ url, ...preset() })`. Call it once for
 * each `wsClient`.
 *
 * Pauses before a reconnect are then the client's own, so that `wsClient.close()` need not wait for their end.
 *
 * @throws {@link InvalidOptionError} for a time out of bounds, and where there is no WebSocket
 *
 * @category Client
 */
export function preset(options: ResilientWebSocketOptions = {}): ResilientPreset {
  const { WebSocket, backOff } = createSocketClass("preset", options);
  const { keepAlive, retryDelayMs } = apiGatewayPreset();
  return {
    WebSocket,
    keepAlive,
    retryDelayMs: (attempt) => Math.max(backOff.remainingMs(), retryDelayMs(attempt)),
  };
}
