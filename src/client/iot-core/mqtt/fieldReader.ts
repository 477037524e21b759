import { BrokerConnectionError } from "../../../errors/broadcast.ts";

/** A byte order mark is part of a text of MQTT: 3.1.1 §1.5.3. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads the fields of a packet one after the other. All of it throws {@link BrokerConnectionError} beyond the end. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.bytes(1)[0] as number;
  }

  uint16(): number {
    return this.byte() * 256 + this.byte();
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    return decoder.decode(this.bytes(this.uint16()));
  }

  bytes(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) {
      throw new BrokerConnectionError("the broker sent a packet that ends amid a field");
    }
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at);
  }

  restAsText(): string {
    return decoder.decode(this.rest());
  }
}
