import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameScanner } from "../../src/local/frames.ts";

interface Frame {
  readonly payloadBytes: number;
  readonly isFinal: boolean;
  readonly opcode: number;
  readonly isMasked: boolean;
}

/** RFC 6455, section 5.2. */
function encoded({ payloadBytes, isFinal, opcode, isMasked }: Frame): Buffer {
  const maskBit = isMasked ? 0x80 : 0;
  const first = (isFinal ? 0x80 : 0) | opcode;
  const mask = Buffer.alloc(isMasked ? 4 : 0, 0xff);
  const payload = Buffer.alloc(payloadBytes, 0x81);
  if (payloadBytes < 126) {
    return Buffer.concat([Buffer.from([first, maskBit | payloadBytes]), mask, payload]);
  }
  const length = Buffer.alloc(payloadBytes < 65_536 ? 2 : 8);
  if (length.length === 2) length.writeUInt16BE(payloadBytes);
  else length.writeBigUInt64BE(BigInt(payloadBytes));
  const second = maskBit | (length.length === 2 ? 126 : 127);
  return Buffer.concat([Buffer.from([first, second]), length, mask, payload]);
}

const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;

function frame(payloadBytes: number, rest: Partial<Frame> = {}): Frame {
  return { payloadBytes, isFinal: true, opcode: TEXT, isMasked: true, ...rest };
}

test.each([
  [125, false],
  [126, false],
  [1000, false],
  [1001, true],
  [65_536, true],
])("a frame of %i bytes under a limit of 1000: too large is %s", (payloadBytes, tooLarge) => {
  const scanner = new FrameScanner(1000);
  scanner.push(encoded(frame(payloadBytes)));
  expect(scanner.takeMessage()).toBe(tooLarge);
});

test("small fragments make a message that is larger than a frame may be", () => {
  const scanner = new FrameScanner(1000);
  scanner.push(encoded(frame(900, { isFinal: false })));
  scanner.push(encoded(frame(900, { isFinal: false, opcode: CONTINUATION })));
  scanner.push(encoded(frame(900, { opcode: CONTINUATION })));
  expect(scanner.tooLarge).toBe(false);
  expect(scanner.takeMessage()).toBe(false);
});

test("a fragment too large is known before its message is complete", () => {
  const scanner = new FrameScanner(1000);
  scanner.push(encoded(frame(1001, { isFinal: false })).subarray(0, 8));
  expect(scanner.tooLarge).toBe(true);
});

test("wherever the stream is cut, each message keeps its own verdict and control frames have none", () => {
  const frames = fc.array(
    fc.record({
      payloadBytes: fc.constantFrom(0, 1, 125, 126, 200, 201, 65_535, 65_536),
      isMasked: fc.boolean(),
      withPing: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 70_000 }), (messages, step) => {
      const bytes = Buffer.concat(
        messages.flatMap(({ payloadBytes, isMasked, withPing }) => [
          ...(withPing ? [encoded(frame(100, { opcode: PING, isMasked }))] : []),
          encoded(frame(payloadBytes, { isMasked })),
        ]),
      );
      const scanner = new FrameScanner(200);
      // One byte at a time where the headers are, so that they are cut too.
      const cuts = [1, 1, 1, 1, 1, 1, 1, step];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = cuts[turn % cuts.length] ?? 1;
        scanner.push(bytes.subarray(at, at + size));
        at += size;
      }
      const verdicts = messages.map(() => scanner.takeMessage());
      expect(verdicts).toEqual(messages.map(({ payloadBytes }) => payloadBytes > 200));
    }),
    { numRuns: 200 },
  );
});
