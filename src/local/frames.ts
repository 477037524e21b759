const SHORT_LENGTH_MAX = 125;
const LENGTH_16_BIT = 126;
const FIRST_CONTROL_OPCODE = 8;

/**
 * Reads only the headers of the WebSocket frames of a byte stream (RFC 6455, section 5.2), because `ws` hands out
 * whole messages while API Gateway limits each frame.
 */
export class FrameScanner {
  readonly #maxFrameBytes: number;
  #header: number[] = [];
  #payloadBytesLeft = 0;
  #currentMessageTooLarge = false;
  readonly #finishedMessages: boolean[] = [];

  /** @param maxFrameBytes - largest payload of one frame, in bytes */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Takes the next bytes of the stream, cut anywhere. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#payloadBytesLeft > 0) {
        const skipped = Math.min(this.#payloadBytesLeft, chunk.length - offset);
        this.#payloadBytesLeft -= skipped;
        offset += skipped;
        continue;
      }
      this.#header.push(chunk[offset] ?? 0);
      offset += 1;
      if (this.#header.length >= 2 && this.#header.length === headerLength(this.#header)) {
        this.#finishHeader();
      }
    }
  }

  /** Whether a frame of the oldest message not taken yet was too large; call it once per message, in order. */
  takeMessage(): boolean {
    return this.#finishedMessages.shift() ?? false;
  }

  /** Whether a frame too large has been seen in a message that is still arriving or not taken yet. */
  get tooLarge(): boolean {
    return this.#currentMessageTooLarge || this.#finishedMessages.includes(true);
  }

  #finishHeader(): void {
    const [first = 0] = this.#header;
    this.#payloadBytesLeft = payloadLength(this.#header);
    const isControl = (first & 0x0f) >= FIRST_CONTROL_OPCODE;
    if (!isControl) {
      this.#currentMessageTooLarge ||= this.#payloadBytesLeft > this.#maxFrameBytes;
      const isFinal = (first & 0x80) !== 0;
      if (isFinal) {
        this.#finishedMessages.push(this.#currentMessageTooLarge);
        this.#currentMessageTooLarge = false;
      }
    }
    this.#header = [];
  }
}

function headerLength(header: readonly number[]): number {
  const second = header[1] ?? 0;
  const maskBytes = (second & 0x80) === 0 ? 0 : 4;
  return 2 + lengthBytes(second & 0x7f) + maskBytes;
}

function lengthBytes(shortLength: number): number {
  if (shortLength <= SHORT_LENGTH_MAX) return 0;
  return shortLength === LENGTH_16_BIT ? 2 : 8;
}

function payloadLength(header: readonly number[]): number {
  const shortLength = (header[1] ?? 0) & 0x7f;
  if (shortLength <= SHORT_LENGTH_MAX) return shortLength;
  return header
    .slice(2, 2 + lengthBytes(shortLength))
    .reduce((length, byte) => length * 256 + byte, 0);
}
