/**
 * The link of clients to AppSync Events, for browsers and Node.
 *
 * @packageDocumentation
 */

export type * from "../broadcast/events.ts";
export type {
  BroadcastLink,
  BroadcastLinkOptions,
  BroadcastLinkSettings,
} from "../broadcast/options.ts";
export type { WebSocketClass, WebSocketLike } from "../webSocketClass.ts";
export {
  type AppSyncLinkOptions,
  type AppSyncLinkSettings,
  appsyncLink,
} from "./appsyncLink.ts";
