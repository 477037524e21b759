import fc from "fast-check";
import { expect, it } from "vitest";
import {
  decodeRequestId,
  encodeRequestId,
  isRequestId,
  MAX_ID_BYTES,
  type RequestId,
} from "../../../src/protocol/requestId.ts";

const ids: fc.Arbitrary<RequestId> = fc
  .oneof(
    fc.maxSafeInteger(),
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.stringMatching(/^[%#n0-9a-z]{1,20}$/),
  )
  .filter(isRequestId);

it('T15: 1 and "1" have different keys', () => {
  expect(encodeRequestId(1)).not.toBe(encodeRequestId("1"));
  expect(encodeRequestId(1)).not.toBe(encodeRequestId("%n1"));
  expect(encodeRequestId(-0)).toBe(encodeRequestId(0));
});

it("C2: the key of an id has no # and leads back to it, type included", () => {
  fc.assert(
    fc.property(ids, (id) => {
      const key = encodeRequestId(id);
      expect(key).not.toContain("#");
      expect(decodeRequestId(key)).toBe(id);
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(MAX_ID_BYTES);
    }),
  );
});
