import type { WebSocketClass } from "../../webSocketClass.ts";
import type { ProtocolVersion } from "./received.ts";

/** What a connection is made with. */
export interface MqttOptions {
  /** Its whole URL, with what AWS needs to know in its query. */
  readonly url: string;
  readonly WebSocket: WebSocketClass;
  readonly protocolVersion: ProtocolVersion;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  /** How long the connection may be silent, in seconds; a broker of MQTT 5 may say otherwise. 0 means for ever. */
  readonly keepAliveSeconds: number;
  /** Aborts when the connection is no longer wanted, or took too long. */
  readonly signal: AbortSignal;
  /** A message came; it must not throw. */
  onMessage(topic: string, body: string): void;
  /** The connection is over, by whatever cause but `close`; it must not throw. */
  onClose(error: Error): void;
}

/** A connection that subscribes. */
export interface MqttConnection {
  /**
   * Subscribes, and resolves when the broker has confirmed all of them. If it refuses one, none of them is subscribed.
   *
   * @throws {@link BrokerRefusedError} when the broker says no
   * @throws {@link BrokerConnectionError} when the connection ends first
   */
  subscribe(topicFilters: readonly string[], options: { readonly qos: 0 | 1 }): Promise<void>;
  /** Unsubscribes; nobody waits for the answer. */
  unsubscribe(topicFilters: readonly string[]): void;
  /** Says goodbye and ends the connection, without `onClose`. */
  close(): void;
}

/** A connection that publishes too. */
export interface PublishingConnection extends MqttConnection {
  /**
   * Publishes with QoS 1, and resolves when the broker has the message.
   *
   * @throws {@link BrokerRefusedError} when the broker says no
   * @throws {@link BrokerConnectionError} when the connection ends first
   */
  publish(topic: string, body: string): Promise<void>;
  /** Asks whether the broker is there; resolves with its answer, and never if the connection ends first. */
  ping(): Promise<void>;
}

/**
 * Opens a connection. Resolves when the broker has accepted it.
 *
 * @throws {@link BrokerRefusedError} when the broker says no
 * @throws {@link BrokerConnectionError} when it could not be reached
 */
export type ConnectMqtt = (options: MqttOptions) => Promise<MqttConnection>;
