import { BrokerConnectionError, BrokerRefusedError } from "../../../errors/broadcast.ts";
import {
  MAX_FILTERS_PER_SUBSCRIBE,
  MAX_MQTT_PACKET_BYTES,
} from "../../../protocol/iotCoreLimits.ts";
import type { WebSocketLike } from "../../webSocketClass.ts";
import type { MqttOptions, PublishingConnection } from "./connection.ts";
import { Exchanges } from "./exchanges.ts";
import { KeepAlive } from "./keepAlive.ts";
import { PacketReader } from "./packetReader.ts";
import { isTransientRefusal, reasonText, refusesSubscribe } from "./reasons.ts";
import { type ReceivedPacket, readPacket } from "./received.ts";
import * as sent from "./sent.ts";

/** `readyState` of a socket that can send. */
const OPEN = 1;

/** Our own client: what is needed here of MQTT 3.1.1 and 5, and no more; see {@link ConnectMqtt}. */
export const connectMqtt = (options: MqttOptions): Promise<PublishingConnection> =>
  new Promise((resolve, reject) => {
    if (options.signal.aborted) reject(abandoned());
    else new Session(options, { resolve, reject });
  });

interface Connecting {
  resolve(connection: PublishingConnection): void;
  reject(error: Error): void;
}

class Session implements PublishingConnection {
  readonly #options: MqttOptions;
  readonly #connecting: Connecting;
  readonly #socket: WebSocketLike;
  readonly #reader = new PacketReader(MAX_MQTT_PACKET_BYTES);
  readonly #exchanges = new Exchanges();
  readonly #pinged: (() => void)[] = [];
  readonly #keepAlive: KeepAlive;
  readonly #onAbort = (): void => this.#fail(abandoned());
  #state: "connecting" | "open" | "over" = "connecting";

  constructor(options: MqttOptions, connecting: Connecting) {
    this.#options = options;
    this.#connecting = connecting;
    this.#keepAlive = new KeepAlive({
      ping: () => this.#send(sent.PINGREQ_PACKET),
      lost: () => this.#fail(new BrokerConnectionError("the broker does not answer any more")),
    });
    this.#socket = new options.WebSocket(options.url, ["mqtt"]);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("open", () =>
      this.#guarded(() => this.#send(sent.connectPacket(options.protocolVersion, options))),
    );
    this.#socket.addEventListener("message", (event) =>
      this.#guarded(() => this.#receive(Reflect.get(event, "data"))),
    );
    // What went wrong is never told to a page; the event for the end follows.
    this.#socket.addEventListener("error", () => undefined);
    this.#socket.addEventListener("close", (event) => this.#closed(event));
    options.signal.addEventListener("abort", this.#onAbort);
  }

  async subscribe(topicFilters: readonly string[], { qos }: { qos: 0 | 1 }): Promise<void> {
    const answers = inParts(topicFilters).map((part) => {
      const { packetId, answer } = this.#exchanges.subscribe(part);
      const packet = { topicFilters: part, qos };
      this.#send(sent.subscribePacket(this.#options.protocolVersion, packetId, packet));
      return answer;
    });
    if (this.#state === "over")
      this.#exchanges.end(new BrokerConnectionError("the connection is over"));
    const results = await Promise.allSettled(answers);
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) return;
    this.unsubscribe(topicFilters);
    throw failed.reason;
  }

  unsubscribe(topicFilters: readonly string[]): void {
    if (this.#state === "over") return;
    for (const part of inParts(topicFilters)) {
      const packetId = this.#exchanges.unsubscribe();
      this.#send(sent.unsubscribePacket(this.#options.protocolVersion, packetId, part));
    }
  }

  publish(topic: string, body: string): Promise<void> {
    if (this.#state === "over") {
      return Promise.reject(new BrokerConnectionError("the connection is over"));
    }
    const { packetId, answer } = this.#exchanges.publish();
    this.#send(sent.publishPacket(this.#options.protocolVersion, packetId, { topic, body }));
    return answer;
  }

  ping(): Promise<void> {
    this.#send(sent.PINGREQ_PACKET);
    return new Promise((resolve) => this.#pinged.push(resolve));
  }

  close(): void {
    this.#send(sent.DISCONNECT_PACKET);
    this.#end(new BrokerConnectionError("the connection was closed"));
  }

  #send(packet: Uint8Array): void {
    if (this.#state !== "over" && this.#socket.readyState === OPEN)
      this.#socket.send(packet as never);
  }

  /** Whatever a broker sends ends the connection at worst. */
  #guarded(act: () => void): void {
    if (this.#state === "over") return;
    try {
      act();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new BrokerConnectionError(String(error)));
    }
  }

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      throw new BrokerConnectionError("the broker sent a text, where MQTT has bytes");
    }
    for (const raw of this.#reader.read(new Uint8Array(data))) {
      this.#keepAlive.heard();
      this.#take(readPacket(raw, this.#options.protocolVersion));
      if (this.#isOver()) return;
    }
  }

  #take(packet: ReceivedPacket): void {
    if ((packet.type === "connack") !== (this.#state === "connecting")) {
      throw new BrokerConnectionError(`the broker sent ${packet.type.toUpperCase()} out of turn`);
    }
    switch (packet.type) {
      case "connack":
        this.#connected(packet);
        break;
      case "publish":
        this.#options.onMessage(packet.topic, packet.payload);
        // Not before: what is acknowledged never comes again.
        if (packet.packetId !== undefined) this.#send(sent.pubackPacket(packet.packetId));
        break;
      case "puback":
        this.#exchanges.onPuback(packet.packetId, packet.reasonCode);
        break;
      case "suback":
        this.#exchanges.onSuback(packet.packetId, packet.reasonCodes);
        break;
      case "unsuback":
        this.#exchanges.onUnsuback(packet.packetId);
        break;
      case "pingresp":
        for (const answered of this.#pinged.splice(0)) answered();
        break;
      case "disconnect":
        this.#disconnected(packet);
        break;
    }
  }

  #connected({ reasonCode, properties }: ReceivedPacket & { readonly type: "connack" }): void {
    const { protocolVersion, keepAliveSeconds, signal } = this.#options;
    if (reasonCode !== 0) {
      const text = `the broker refused the connection: ${reasonText(reasonCode, properties.reasonString)}`;
      throw isTransientRefusal(protocolVersion, reasonCode)
        ? new BrokerConnectionError(text)
        : new BrokerRefusedError(text);
    }
    this.#state = "open";
    signal.removeEventListener("abort", this.#onAbort);
    this.#keepAlive.start(properties.serverKeepAliveSeconds ?? keepAliveSeconds);
    this.#connecting.resolve(this);
  }

  #disconnected({
    reasonCode,
    properties,
  }: ReceivedPacket & { readonly type: "disconnect" }): void {
    const text = `the broker ended the connection: ${reasonText(reasonCode, properties.reasonString)}`;
    this.#fail(
      new BrokerConnectionError(text),
      refusesSubscribe(reasonCode) ? new BrokerRefusedError(text) : undefined,
    );
  }

  #closed(event: object): void {
    const code: unknown = Reflect.get(event, "code");
    const text = `the connection ended, with close code ${code}`;
    // MQTT 3.1.1 cannot tell a client why: IoT Core closes the socket in good order instead of answering a SUBSCRIBE that
    // its policy does not allow. A network that breaks does not.
    const isAnswer = this.#options.protocolVersion === 4 && Reflect.get(event, "wasClean") === true;
    this.#fail(
      new BrokerConnectionError(text),
      isAnswer ? new BrokerRefusedError(`${text}, instead of an answer to SUBSCRIBE`) : undefined,
    );
  }

  /** @param refusal - what those are told who wait for an answer to SUBSCRIBE, if it is something else */
  #fail(error: Error, refusal?: Error): void {
    if (this.#isOver()) return;
    const wasOpen = this.#state === "open";
    this.#end(refusal ?? error);
    if (wasOpen) this.#options.onClose(error);
    else this.#connecting.reject(error);
  }

  #end(error: Error): void {
    this.#state = "over";
    this.#keepAlive.stop();
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#socket.close();
    this.#exchanges.end(error);
  }

  #isOver(): boolean {
    return this.#state === "over";
  }
}

/** As many at once as a SUBSCRIBE may have. */
function inParts(topicFilters: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(topicFilters.length / MAX_FILTERS_PER_SUBSCRIBE);
  return Array.from({ length: count }, (_, part) =>
    topicFilters.slice(part * MAX_FILTERS_PER_SUBSCRIBE, (part + 1) * MAX_FILTERS_PER_SUBSCRIBE),
  );
}

function abandoned(): BrokerConnectionError {
  return new BrokerConnectionError("the connection is not wanted any more, or took too long");
}
