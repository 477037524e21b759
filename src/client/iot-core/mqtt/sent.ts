import type { ProtocolVersion } from "./received.ts";

/** First bytes: the kind of packet, and the flags that it must have. MQTT 3.1.1 §2.2, MQTT 5 §2.1. */
const CONNECT = 0x10;
/** With QoS 1. */
const PUBLISH = 0x32;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82;
const UNSUBSCRIBE = 0xa2;
const PINGREQ = 0xc0;
const DISCONNECT = 0xe0;

/** Clean session (3.1.1) or clean start (5), with a user name and a password. */
const CONNECT_FLAGS = 0x02 | 0x40 | 0x80;

const encoder = new TextEncoder();

/** Who connects, and how long it may be silent. */
export interface Credentials {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly keepAliveSeconds: number;
}

export function connectPacket(version: ProtocolVersion, credentials: Credentials): Uint8Array {
  return packet(CONNECT, [
    text("MQTT"),
    [version, CONNECT_FLAGS],
    uint16(credentials.keepAliveSeconds),
    noProperties(version),
    text(credentials.clientId),
    text(credentials.username),
    text(credentials.password),
  ]);
}

export function subscribePacket(
  version: ProtocolVersion,
  packetId: number,
  subscription: { readonly topicFilters: readonly string[]; readonly qos: 0 | 1 },
): Uint8Array {
  const { topicFilters, qos } = subscription;
  return packet(SUBSCRIBE, [
    uint16(packetId),
    noProperties(version),
    ...topicFilters.flatMap((topicFilter) => [text(topicFilter), [qos]]),
  ]);
}

export function unsubscribePacket(
  version: ProtocolVersion,
  packetId: number,
  topicFilters: readonly string[],
): Uint8Array {
  return packet(UNSUBSCRIBE, [uint16(packetId), noProperties(version), ...topicFilters.map(text)]);
}

/** A message with QoS 1. */
export function publishPacket(
  version: ProtocolVersion,
  packetId: number,
  message: { readonly topic: string; readonly body: string },
): Uint8Array {
  return packet(PUBLISH, [
    text(message.topic),
    uint16(packetId),
    noProperties(version),
    encoder.encode(message.body),
  ]);
}

export function pubackPacket(packetId: number): Uint8Array {
  return packet(PUBACK, [uint16(packetId)]);
}

export const PINGREQ_PACKET: Uint8Array = packet(PINGREQ, []);
export const DISCONNECT_PACKET: Uint8Array = packet(DISCONNECT, []);

function packet(first: number, parts: readonly ArrayLike<number>[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [first, ...varint(length)];
  const bytes = new Uint8Array(head.length + length);
  let at = 0;
  for (const part of [head, ...parts]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function noProperties(version: ProtocolVersion): readonly number[] {
  return version === 5 ? [0] : [];
}

function uint16(value: number): readonly number[] {
  return [value >> 8, value & 255];
}

function text(value: string): Uint8Array {
  const utf8 = encoder.encode(value);
  const bytes = new Uint8Array(2 + utf8.length);
  bytes.set(uint16(utf8.length));
  bytes.set(utf8, 2);
  return bytes;
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}
