/** What the broker sends, in one version of MQTT: 4 is 3.1.1. */
export class MqttAnswers {
  readonly #version: number;

  constructor(version: number) {
    this.#version = version;
  }

  connack(code: number, properties: Buffer = Buffer.alloc(0)): Buffer {
    return packet(0x20, [Buffer.from([0, code]), this.#properties(properties)]);
  }

  publish(message: {
    readonly topic: string;
    readonly payload: Buffer;
    /** For QoS 1. */
    readonly packetId: number | undefined;
  }): Buffer {
    const { topic, payload, packetId } = message;
    const id = packetId === undefined ? Buffer.alloc(0) : uint16(packetId);
    const first = packetId === undefined ? 0x30 : 0x32;
    return packet(first, [text(topic), id, this.#properties(), payload]);
  }

  puback(packetId: number): Buffer {
    return packet(0x40, [uint16(packetId)]);
  }

  suback(packetId: number, codes: readonly number[]): Buffer {
    return packet(0x90, [uint16(packetId), this.#properties(), Buffer.from(codes)]);
  }

  /** @param count - of the topic filters, each of which gets a code in MQTT 5 */
  unsuback(packetId: number, count: number): Buffer {
    const codes = this.#version === 5 ? Buffer.alloc(count) : Buffer.alloc(0);
    return packet(0xb0, [uint16(packetId), this.#properties(), codes]);
  }

  pingresp(): Buffer {
    return packet(0xd0, []);
  }

  /** Nothing in MQTT 3.1.1, where a broker just closes. */
  disconnect(code: number): Buffer | undefined {
    return this.#version === 5
      ? packet(0xe0, [Buffer.from([code]), this.#properties()])
      : undefined;
  }

  #properties(properties: Buffer = Buffer.alloc(0)): Buffer {
    return this.#version === 5
      ? Buffer.concat([varint(properties.length), properties])
      : Buffer.alloc(0);
  }
}

function packet(first: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first]), varint(body.length), body]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function text(value: string): Buffer {
  const utf8 = Buffer.from(value);
  return Buffer.concat([uint16(utf8.length), utf8]);
}

function varint(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = value >> 7; rest > 0; rest >>= 7) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128;
    bytes.push(rest % 128);
  }
  return Buffer.from(bytes);
}
