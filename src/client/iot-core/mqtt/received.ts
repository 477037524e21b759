import { BrokerConnectionError } from "../../../errors/broadcast.ts";
import { FieldReader } from "./fieldReader.ts";
import type { RawPacket } from "./packetReader.ts";
import { type Properties, readProperties } from "./properties.ts";

/** 4 is MQTT 3.1.1. */
export type ProtocolVersion = 4 | 5;

/** What a broker sends to a client of ours. */
export type ReceivedPacket =
  | { readonly type: "connack"; readonly reasonCode: number; readonly properties: Properties }
  | {
      readonly type: "publish";
      readonly topic: string;
      readonly payload: string;
      /** Where it is to be acknowledged, for QoS 1. */
      readonly packetId: number | undefined;
    }
  | { readonly type: "puback"; readonly packetId: number; readonly reasonCode: number }
  | { readonly type: "suback"; readonly packetId: number; readonly reasonCodes: readonly number[] }
  | { readonly type: "unsuback"; readonly packetId: number }
  | { readonly type: "pingresp" }
  | { readonly type: "disconnect"; readonly reasonCode: number; readonly properties: Properties };

/** Numbers of the kinds of packets. MQTT 3.1.1 §2.2.1, MQTT 5 §2.1.2. */
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const UNSUBACK = 11;
const PINGRESP = 13;
const DISCONNECT = 14;

/**
 * Reads a packet of a broker.
 *
 * @throws {@link BrokerConnectionError} for one that is malformed, or that a broker may not send here
 */
export function readPacket(packet: RawPacket, version: ProtocolVersion): ReceivedPacket {
  const fields = new FieldReader(packet.body);
  switch (packet.type) {
    case CONNACK: {
      fields.byte();
      return {
        type: "connack",
        reasonCode: fields.byte(),
        properties: propertiesOf(fields, version),
      };
    }
    case PUBLISH:
      return readPublish(fields, packet.flags, version);
    case PUBACK: {
      const packetId = fields.uint16();
      // Without one it is a success: MQTT 5 §3.4.2.1. MQTT 3.1.1 has none.
      return { type: "puback", packetId, reasonCode: fields.isAtEnd ? 0 : fields.byte() };
    }
    case SUBACK: {
      const packetId = fields.uint16();
      propertiesOf(fields, version);
      return { type: "suback", packetId, reasonCodes: [...fields.rest()] };
    }
    case UNSUBACK:
      return { type: "unsuback", packetId: fields.uint16() };
    case PINGRESP:
      return { type: "pingresp" };
    case DISCONNECT: {
      if (version === 4) break;
      // Without a body it is a normal one, and without properties they are none: MQTT 5 §3.14.2.
      const reasonCode = fields.isAtEnd ? 0 : fields.byte();
      const properties = fields.isAtEnd ? {} : propertiesOf(fields, version);
      return { type: "disconnect", reasonCode, properties };
    }
    default:
  }
  throw new BrokerConnectionError(`the broker sent a packet of type ${packet.type}`);
}

function readPublish(
  fields: FieldReader,
  flags: number,
  version: ProtocolVersion,
): ReceivedPacket & { readonly type: "publish" } {
  const qos = (flags >> 1) & 3;
  if (qos > 1) throw new BrokerConnectionError(`the broker sent a message with QoS ${qos}`);
  const topic = fields.text();
  const packetId = qos === 1 ? fields.uint16() : undefined;
  propertiesOf(fields, version);
  return { type: "publish", topic, packetId, payload: fields.restAsText() };
}

/** None in MQTT 3.1.1. */
function propertiesOf(fields: FieldReader, version: ProtocolVersion): Properties {
  return version === 5 ? readProperties(fields.bytes(fields.varint())) : {};
}
