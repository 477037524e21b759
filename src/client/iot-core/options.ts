import type { AnyTRPCRouter } from "@trpc/server";
import type { BroadcastLinkOptions } from "../broadcast/options.ts";
import type { WebSocketClass } from "../webSocketClass.ts";
import type { MqttPackage } from "./mqttPackage.ts";

/** What `iotLink` needs to know of the broker. */
export interface IotConnectionOptions {
  /**
   * The broker, for example `wss://<id>-ats.iot.<region>.amazonaws.com/mqtt`.
   *
   * @defaultValue what the server's `iot({ url })` hands out with a grant
   */
  readonly url?: string;
  /**
   * Name of the custom authorizer.
   *
   * @defaultValue what the server's `iot({ authorizer })` hands out with a grant; without that the account's default one
   */
  readonly authorizer?: string;
  /**
   * The class of WebSockets.
   *
   * @defaultValue the global one
   */
  readonly WebSocket?: WebSocketClass;
  /**
   * MQTT 5, or 4 for MQTT 3.1.1, in which a broker cannot say why it ends a connection.
   *
   * @defaultValue 5
   */
  readonly protocolVersion?: 4 | 5;
  /**
   * Seconds of silence after which broker and client give each other up, 30 to 1,200. The client asks twice in it whether
   * the broker is there; AWS does not bill that from 60 on.
   *
   * @defaultValue 120
   */
  readonly keepAliveSeconds?: number;
  /**
   * Quality of service of what the broker sends: with 1 it repeats a message until it is acknowledged, which AWS bills as a
   * message of its own. It is the publisher's where that is lower.
   *
   * @defaultValue 1
   */
  readonly qos?: 0 | 1;
  /**
   * Topics that one connection may have: IoT Core's quota, which an account can have raised. One more is refused here,
   * where the broker would end the connection, and with it the other subscriptions.
   *
   * @defaultValue 50
   */
  readonly maxSubscriptionsPerConnection?: number;
  /**
   * The package `mqtt`, to be used in place of the client that is built in; it then has its own WebSocket in Node.
   */
  readonly mqtt?: MqttPackage;
}

/** Options of {@link iotLink}. */
export type IotLinkOptions<TRouter extends AnyTRPCRouter> = BroadcastLinkOptions<TRouter> &
  IotConnectionOptions;

/** The options with their defaults. */
export interface IotConnectionSettings extends Pick<IotConnectionOptions, "authorizer" | "url"> {
  readonly WebSocket: WebSocketClass | undefined;
  readonly protocolVersion: 4 | 5;
  readonly keepAliveSeconds: number;
  readonly qos: 0 | 1;
  readonly maxSubscriptionsPerConnection: number;
  readonly mqtt: MqttPackage | undefined;
}

/** Options of {@link iotWebSocket}. */
export interface IotWebSocketOptions
  extends Pick<IotConnectionOptions, "keepAliveSeconds" | "protocolVersion" | "WebSocket"> {
  /** That of the server's `iot({ prefix, delivery: "direct" })`. */
  readonly prefix: readonly [string, ...string[]];
  /**
   * Name of the custom authorizer.
   *
   * @defaultValue the account's default one
   */
  readonly authorizer?: string;
}

/** The options with their defaults. */
export interface IotWebSocketSettings
  extends Pick<IotConnectionSettings, "authorizer" | "keepAliveSeconds" | "protocolVersion"> {
  readonly WebSocket: WebSocketClass;
  readonly prefix: readonly string[];
}
