import { MAX_MQTT_PACKET_BYTES } from "../../protocol/iotCoreLimits.ts";

/** What clients send. Numbers of packets are as they came; a broker takes them as they are. */
export type ClientPacket =
  | ConnectPacket
  | {
      readonly type: "publish";
      readonly topic: string;
      readonly payload: Buffer;
      readonly qos: number;
      readonly packetId: number;
    }
  | { readonly type: "puback"; readonly packetId: number }
  | {
      readonly type: "subscribe";
      readonly packetId: number;
      readonly subscriptions: readonly { readonly topicFilter: string; readonly qos: number }[];
      /** Of MQTT 5; IoT Core refuses it. */
      readonly hasIdentifier: boolean;
    }
  | {
      readonly type: "unsubscribe";
      readonly packetId: number;
      readonly topicFilters: readonly string[];
    }
  | { readonly type: "pingreq" }
  | { readonly type: "disconnect" };

/** The first packet of a client. */
export interface ConnectPacket {
  readonly type: "connect";
  /** 4 for MQTT 3.1.1. */
  readonly version: number;
  readonly clientId: string;
  readonly keepAliveSeconds: number;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
}

/** What a client sent is no MQTT, or more than may be. */
class MalformedPacketError extends Error {}

const SUBSCRIPTION_IDENTIFIER = 0x0b;
const HAS_WILL = 0x04;
const HAS_PASSWORD = 0x40;
const HAS_USERNAME = 0x80;

/** Cuts what a client sends into packets. */
export class ClientPackets {
  #rest: Buffer = Buffer.alloc(0);
  #version = 4;

  /** @throws {@link MalformedPacketError} */
  *read(bytes: Buffer): Generator<ClientPacket, void, undefined> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let raw = this.#take(); raw !== undefined; raw = this.#take()) {
      const packet = decode(raw, this.#version);
      if (packet.type === "connect") this.#version = packet.version;
      yield packet;
    }
  }

  #take(): { readonly first: number; readonly body: Buffer } | undefined {
    let length = 0;
    for (let at = 1; at < this.#rest.length; at++) {
      const byte = this.#rest.readUInt8(at);
      length += (byte & 127) * 128 ** (at - 1);
      if (at > 4 || length > MAX_MQTT_PACKET_BYTES) {
        throw new MalformedPacketError(`a packet of more than ${MAX_MQTT_PACKET_BYTES} bytes`);
      }
      if (byte > 127) continue;
      const end = at + 1 + length;
      if (this.#rest.length < end) return undefined;
      const taken = { first: this.#rest.readUInt8(0), body: this.#rest.subarray(at + 1, end) };
      this.#rest = this.#rest.subarray(end);
      return taken;
    }
    return undefined;
  }
}

function decode(
  { first, body }: { readonly first: number; readonly body: Buffer },
  version: number,
): ClientPacket {
  const fields = new Fields(body);
  switch (first >> 4) {
    case 1:
      return decodeConnect(fields);
    case 3: {
      const qos = (first >> 1) & 3;
      const topic = fields.text();
      const packetId = qos > 0 ? fields.uint16() : 0;
      fields.properties(version);
      return { type: "publish", topic, qos, packetId, payload: fields.rest() };
    }
    case 4:
      return { type: "puback", packetId: fields.uint16() };
    case 8: {
      const packetId = fields.uint16();
      const hasIdentifier = fields.properties(version)[0] === SUBSCRIPTION_IDENTIFIER;
      const subscriptions: { topicFilter: string; qos: number }[] = [];
      while (!fields.isAtEnd) {
        subscriptions.push({ topicFilter: fields.text(), qos: fields.bytes(1).readUInt8() & 3 });
      }
      return { type: "subscribe", packetId, subscriptions, hasIdentifier };
    }
    case 10: {
      const packetId = fields.uint16();
      fields.properties(version);
      const topicFilters: string[] = [];
      while (!fields.isAtEnd) topicFilters.push(fields.text());
      return { type: "unsubscribe", packetId, topicFilters };
    }
    case 12:
      return { type: "pingreq" };
    case 14:
      return { type: "disconnect" };
    default:
      throw new MalformedPacketError(`a packet of type ${first >> 4}`);
  }
}

function decodeConnect(fields: Fields): ConnectPacket {
  if (fields.text() !== "MQTT") throw new MalformedPacketError("a CONNECT of another protocol");
  const version = fields.bytes(1).readUInt8();
  const flags = fields.bytes(1).readUInt8();
  const keepAliveSeconds = fields.uint16();
  fields.properties(version);
  const clientId = fields.text();
  if (flags & HAS_WILL) {
    fields.properties(version);
    fields.text();
    fields.bytes(fields.uint16());
  }
  const username = flags & HAS_USERNAME ? fields.text() : undefined;
  const password = flags & HAS_PASSWORD ? fields.bytes(fields.uint16()) : undefined;
  return { type: "connect", version, clientId, keepAliveSeconds, username, password };
}

class Fields {
  #rest: Buffer;

  constructor(body: Buffer) {
    this.#rest = body;
  }

  get isAtEnd(): boolean {
    return this.#rest.length === 0;
  }

  bytes(count: number): Buffer {
    if (count > this.#rest.length)
      throw new MalformedPacketError("a packet that ends amid a field");
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE();
  }

  text(): string {
    return this.bytes(this.uint16()).toString();
  }

  rest(): Buffer {
    return this.bytes(this.#rest.length);
  }

  /** As they are; none in MQTT 3.1.1. */
  properties(version: number): Buffer {
    if (version < 5) return Buffer.alloc(0);
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes(1).readUInt8();
      length += (byte & 127) * scale;
      if (byte < 128) return this.bytes(length);
    }
  }
}
