/**
 * The link to AWS IoT Core, for browsers and Node: for routers whose chain ends in `iot(…)`.
 *
 * @module
 */

export type { BroadcastLinkEvent } from "../broadcast/events.ts";
export type {
  BroadcastLink,
  BroadcastLinkOptions,
  BroadcastLinkSettings,
} from "../broadcast/options.ts";
export type { WebSocketClass, WebSocketLike } from "../webSocketClass.ts";
export { iotLink } from "./iotLink.ts";
export type { MqttPackage, MqttPackageClient } from "./mqttPackage.ts";
export type { IotConnectionOptions, IotLinkOptions } from "./options.ts";
