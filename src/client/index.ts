/**
 * For the browser, and optional: any stock client of tRPC works. {@link preset} adds what a stock client lacks on API
 * Gateway, {@link apiGatewayPreset} only its options that fit.
 *
 * @module
 */

export { type ApiGatewayPreset, apiGatewayPreset } from "./apiGatewayPreset.ts";
export type { ResilientWebSocketOptions } from "./options.ts";
export { preset, type ResilientPreset } from "./preset.ts";
export { resilientWebSocket } from "./resilientWebSocket.ts";
export type { GlobalWebSocket, WebSocketClass, WebSocketLike } from "./webSocketClass.ts";
