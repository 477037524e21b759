import { BrokerConnectionError } from "../../../errors/broadcast.ts";
import { FieldReader } from "./fieldReader.ts";

/** The properties of MQTT 5 that a client that only subscribes has to know. */
export interface Properties {
  /** Replaces the keep-alive that the client asked for. */
  readonly serverKeepAliveSeconds?: number;
  /** Why, for people. */
  readonly reasonString?: string;
}

/** Identifiers of properties by their data type. MQTT 5 §2.2.2.2. */
const BYTE = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const UINT16 = [0x13, 0x21, 0x22, 0x23];
const UINT32 = [0x02, 0x11, 0x18, 0x27];
const VARINT = [0x0b];
/** Texts and binary data, which have the same form. */
const TEXT = [0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f];
const TEXT_PAIR = [0x26];

const SERVER_KEEP_ALIVE = 0x13;
const REASON_STRING = 0x1f;

/**
 * Reads the properties of a packet.
 *
 * @throws {@link BrokerConnectionError} for one that MQTT 5 does not have: where the next one begins is then unknown
 */
export function readProperties(bytes: Uint8Array): Properties {
  const fields = new FieldReader(bytes);
  const properties: { serverKeepAliveSeconds?: number; reasonString?: string } = {};
  while (!fields.isAtEnd) {
    const identifier = fields.varint();
    if (identifier === SERVER_KEEP_ALIVE) properties.serverKeepAliveSeconds = fields.uint16();
    else if (identifier === REASON_STRING) properties.reasonString = fields.text();
    else skip(identifier, fields);
  }
  return properties;
}

function skip(identifier: number, fields: FieldReader): void {
  if (BYTE.includes(identifier)) fields.bytes(1);
  else if (UINT16.includes(identifier)) fields.bytes(2);
  else if (UINT32.includes(identifier)) fields.bytes(4);
  else if (VARINT.includes(identifier)) fields.varint();
  else if (TEXT.includes(identifier)) fields.bytes(fields.uint16());
  else if (TEXT_PAIR.includes(identifier)) {
    fields.bytes(fields.uint16());
    fields.bytes(fields.uint16());
  } else throw new BrokerConnectionError(`the broker sent property ${identifier}, which is none`);
}
