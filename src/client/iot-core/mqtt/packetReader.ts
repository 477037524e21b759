import { BrokerConnectionError } from "../../../errors/broadcast.ts";

/** One MQTT control packet, as it came. */
export interface RawPacket {
  /** The number of its kind: the upper four bits of its first byte. */
  readonly type: number;
  /** The lower four bits. */
  readonly flags: number;
  /** What follows the length. */
  readonly body: Uint8Array;
}

/** Bytes of the largest length that MQTT has, the fourth of which may not say that there is another one. */
const MAX_LENGTH_BYTES = 4;

/**
 * Cuts a stream of bytes into packets: a WebSocket message may hold several of them, or a part of one. What it keeps
 * between two calls is never larger than one packet may be.
 */
export class PacketReader {
  readonly #maxBodyBytes: number;
  #first: number | undefined;
  #length = 0;
  #lengthBytes = 0;
  #body: Uint8Array | undefined;
  #filled = 0;

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes;
  }

  /**
   * The packets that are complete with these bytes.
   *
   * @throws {@link BrokerConnectionError} for a length that is none or too large, once the packets before it are read
   */
  *read(bytes: Uint8Array): Generator<RawPacket, void, undefined> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#body === undefined) this.#readHead(bytes[at++] as number);
      if (this.#body === undefined) continue;
      const part = bytes.subarray(at, at + this.#body.length - this.#filled);
      this.#body.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#body.length) yield this.#take(this.#body);
    }
  }

  #readHead(byte: number): void {
    if (this.#first === undefined) {
      this.#first = byte;
      return;
    }
    this.#length += (byte & 127) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    const goesOn = byte > 127;
    if (goesOn && this.#lengthBytes === MAX_LENGTH_BYTES) {
      throw new BrokerConnectionError("the broker sent a packet whose length is malformed");
    }
    if (this.#length > this.#maxBodyBytes) {
      throw new BrokerConnectionError(
        `the broker sent a packet of ${this.#length} bytes or more; at most ${this.#maxBodyBytes} are taken`,
      );
    }
    if (!goesOn) this.#body = new Uint8Array(this.#length);
  }

  #take(body: Uint8Array): RawPacket {
    const first = this.#first ?? 0;
    this.#first = undefined;
    this.#length = 0;
    this.#lengthBytes = 0;
    this.#body = undefined;
    this.#filled = 0;
    return { type: first >> 4, flags: first & 15, body };
  }
}
