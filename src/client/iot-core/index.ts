/**
 * The link to AWS IoT Core, for browsers and Node: for routers whose chain ends in `iot(…)`. And the WebSocket class for
 * tRPC's own link, where `iot(…)` delivers directly.
 *
 * @module
 */

export type { BroadcastLinkEvent } from "../broadcast/events.ts";
export type {
  BroadcastLink,
  BroadcastLinkOptions,
  BroadcastLinkSettings,
} from "../broadcast/options.ts";
export type { GlobalWebSocket, WebSocketClass, WebSocketLike } from "../webSocketClass.ts";
export { iotLink } from "./iotLink.ts";
export { iotWebSocket } from "./iotWebSocket.ts";
export type { MqttPackage, MqttPackageClient } from "./mqttPackage.ts";
export type { IotConnectionOptions, IotLinkOptions, IotWebSocketOptions } from "./options.ts";
