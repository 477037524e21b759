import type { WebSocket } from "ws";
import { startTimer } from "../../gateway/timer.ts";
import { MAX_FILTERS_PER_SUBSCRIBE } from "../../protocol/iotCoreLimits.ts";
import { type Authorization, arnOf } from "./authorizer.ts";
import type { Broker } from "./broker.ts";
import { MqttAnswers } from "./mqttAnswers.ts";
import type { ClientPacket, ConnectPacket } from "./mqttPackets.ts";
import { type IotAction, isAllowed } from "./policy.ts";
import { isCovered, topicProblem } from "./topics.ts";

/** Reason codes of MQTT 5, §2.4. */
const NOT_AUTHORIZED = 0x87;
const QUOTA_EXCEEDED = 0x97;
const PROTOCOL_ERROR = 0x82;
const NO_IDENTIFIERS = 0xa1;
/** The one refusal of MQTT 3.1.1, §3.9.3. */
const FAILURE = 0x80;
/** A connection may be silent one and a half times its keep-alive. */
const KEEP_ALIVE = { least: 30, most: 1_200, grace: 1.5 };

/** A client that was let in. */
export class Session {
  readonly clientId: string;
  readonly version: number;
  readonly #broker: Broker;
  readonly #socket: WebSocket;
  readonly #answers: MqttAnswers;
  /** Topic filters with the QoS that they were granted. */
  readonly #subscriptions = new Map<string, 0 | 1>();
  readonly #unacknowledged = new Map<number, () => void>();
  readonly #silenceMs: number;
  #sending: Promise<void> = Promise.resolve();
  #silence: NodeJS.Timeout | undefined;
  #lastPacketId = 0;
  #isOver = false;
  authorization: Authorization;

  constructor(
    broker: Broker,
    socket: WebSocket,
    admitted: { readonly packet: ConnectPacket; readonly authorization: Authorization },
  ) {
    const { clientId, version, keepAliveSeconds } = admitted.packet;
    this.clientId = clientId;
    this.version = version;
    this.authorization = admitted.authorization;
    this.#broker = broker;
    this.#socket = socket;
    this.#answers = new MqttAnswers(version);
    const { least, most, grace } = KEEP_ALIVE;
    const seconds =
      keepAliveSeconds === 0 ? most : Math.min(most, Math.max(least, keepAliveSeconds));
    this.#silenceMs = seconds * 1000 * grace;
    this.#send(this.#answers.connack(0));
    this.#heard();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get subscriptions(): ReadonlyMap<string, 0 | 1> {
    return this.#subscriptions;
  }

  take(packet: ClientPacket): void {
    this.#heard();
    switch (packet.type) {
      case "connect":
        this.end("CLIENT_ERROR", PROTOCOL_ERROR);
        break;
      case "publish":
        this.#publish(packet);
        break;
      case "puback":
        this.#unacknowledged.get(packet.packetId)?.();
        this.#unacknowledged.delete(packet.packetId);
        break;
      case "subscribe":
        this.#subscribe(packet);
        break;
      case "unsubscribe":
        for (const topicFilter of packet.topicFilters) this.#subscriptions.delete(topicFilter);
        this.#send(this.#answers.unsuback(packet.packetId, packet.topicFilters.length));
        this.#broker.changed(this, "unsubscribed", packet.topicFilters);
        break;
      case "pingreq":
        this.#send(this.#answers.pingresp());
        break;
      case "disconnect":
        this.end("CLIENT_INITIATED_DISCONNECT", 0);
        break;
    }
  }

  /** The largest QoS with which it is subscribed to a topic. */
  qosOf(topic: string): 0 | 1 | undefined {
    const qos = [...this.#subscriptions].filter(([topicFilter]) => isCovered(topicFilter, topic));
    return qos.length === 0 ? undefined : qos.some(([, one]) => one === 1) ? 1 : 0;
  }

  /** Sends a message that its policy lets it receive. Resolves when it is acknowledged; for QoS 0 at once. */
  deliver(topic: string, payload: Buffer, qos: 0 | 1): Promise<void> {
    const acknowledged = new Promise<void>((resolve) => {
      if (!this.#may("iot:Receive", "topic", topic)) return;
      const packetId = qos === 1 ? this.#nextPacketId() : undefined;
      if (packetId === undefined) resolve();
      else this.#unacknowledged.set(packetId, resolve);
      this.#send(this.#answers.publish({ topic, payload, packetId }));
    });
    return acknowledged;
  }

  /** Ends the connection. @param code - of MQTT 5; 0 says nothing */
  end(reason: string, code: number): void {
    if (this.#isOver) return;
    if (code !== 0) this.#send(this.#answers.disconnect(code));
    this.#isOver = true;
    clearTimeout(this.#silence);
    this.#sending = this.#sending.then(() => this.#socket.close());
    this.#broker.ended(this, reason);
  }

  /** Cuts the connection, as a network would. */
  cut(): void {
    this.#socket.terminate();
  }

  #subscribe(packet: ClientPacket & { readonly type: "subscribe" }): void {
    const { subscriptions, packetId } = packet;
    const isCountable =
      subscriptions.length > 0 && subscriptions.length <= MAX_FILTERS_PER_SUBSCRIBE;
    if (packet.hasIdentifier || !isCountable) {
      this.end("CLIENT_ERROR", packet.hasIdentifier ? NO_IDENTIFIERS : PROTOCOL_ERROR);
      return;
    }
    const codes: number[] = [];
    for (const { topicFilter, qos } of subscriptions) {
      const refusal = this.#refusal(topicFilter);
      if (refusal === NOT_AUTHORIZED && this.#broker.settings.refusedSubscribe === "close") {
        this.end("FORBIDDEN_ACCESS", NOT_AUTHORIZED);
        return;
      }
      const granted = qos === 0 ? 0 : 1;
      if (refusal === undefined) this.#subscriptions.set(topicFilter, granted);
      codes.push(refusal === undefined ? granted : this.version === 5 ? refusal : FAILURE);
    }
    this.#send(this.#answers.suback(packetId, codes));
    const topicFilters = subscriptions.map(({ topicFilter }) => topicFilter);
    this.#broker.changed(this, "subscribed", topicFilters);
  }

  #refusal(topicFilter: string): number | undefined {
    const problem = topicProblem(topicFilter, "topic filter");
    if (problem !== undefined) this.#broker.denied(this, "iot:Subscribe", [topicFilter, problem]);
    if (problem !== undefined || !this.#may("iot:Subscribe", "topicfilter", topicFilter)) {
      return NOT_AUTHORIZED;
    }
    const { maxSubscriptionsPerConnection } = this.#broker.settings;
    const isOneMore = !this.#subscriptions.has(topicFilter);
    return isOneMore && this.#subscriptions.size >= maxSubscriptionsPerConnection
      ? QUOTA_EXCEEDED
      : undefined;
  }

  #publish(packet: ClientPacket & { readonly type: "publish" }): void {
    const { topic, payload, qos, packetId } = packet;
    const problem = qos > 1 ? "QoS 2 is not supported" : this.#broker.problem(topic, payload);
    if (problem !== undefined) this.#broker.denied(this, "iot:Publish", [topic, problem]);
    if (problem !== undefined || !this.#may("iot:Publish", "topic", topic)) {
      this.end("FORBIDDEN_ACCESS", NOT_AUTHORIZED);
      return;
    }
    if (qos === 1) this.#send(this.#answers.puback(packetId));
    this.#broker.publish({ topic, payload, clientId: this.clientId }, qos === 1 ? 1 : 0);
  }

  #may(action: IotAction, kind: "topic" | "topicfilter", name: string): boolean {
    const may = isAllowed(this.authorization.policyDocuments, action, arnOf(kind, name));
    if (!may) this.#broker.denied(this, action, [name, "the policy does not allow it"]);
    return may;
  }

  #send(packet: Buffer | undefined): void {
    if (packet === undefined || this.#isOver) return;
    const { delay } = this.#broker.settings;
    this.#sending = Promise.all([this.#sending, delay?.()]).then(() => this.#socket.send(packet));
  }

  #heard(): void {
    clearTimeout(this.#silence);
    if (this.#isOver) return;
    this.#silence = startTimer(this.#silenceMs, () => this.end("MQTT_KEEP_ALIVE_TIMEOUT", 0x8d));
  }

  #nextPacketId(): number {
    this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    return this.#lastPacketId;
  }
}
