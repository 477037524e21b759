import type { ProtocolVersion } from "./received.ts";

/** MQTT 3.1.1 §3.2.2.3: the server is unavailable. The others say no for good, AWS's own 7 among them. */
const TRANSIENT_3: readonly number[] = [3];
/**
 * MQTT 5 §2.4: unspecified error, implementation specific error, server unavailable, busy, shutting down, quota exceeded,
 * connection rate exceeded.
 */
const TRANSIENT_5: readonly number[] = [0x80, 0x83, 0x88, 0x89, 0x8b, 0x97, 0x9f];

/** Whether a CONNACK's refusal may be another one in a while. */
export function isTransientRefusal(version: ProtocolVersion, reasonCode: number): boolean {
  return (version === 5 ? TRANSIENT_5 : TRANSIENT_3).includes(reasonCode);
}

/** MQTT 5 §2.4: not authorized, topic filter invalid, packet too large, quota exceeded, feature not supported. */
const ANSWERS_TO_SUBSCRIBE: readonly number[] = [0x87, 0x8f, 0x95, 0x97, 0x9e, 0xa1, 0xa2];

/** Whether a DISCONNECT that comes while a SUBSCRIBE waits for its answer can be that answer. */
export function refusesSubscribe(reasonCode: number): boolean {
  return ANSWERS_TO_SUBSCRIBE.includes(reasonCode);
}

/** A reason code as the specification writes it. */
export function reasonText(reasonCode: number, reasonString?: string): string {
  const code = `0x${reasonCode.toString(16).padStart(2, "0")}`;
  return reasonString === undefined ? `reason ${code}` : `reason ${code}, "${reasonString}"`;
}
