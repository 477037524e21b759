import fc from "fast-check";

const FIRST_SURROGATE = 0xd8_00;
const SURROGATES = 0x8_00;
const LAST = 0x10_ff_ff;

/**
 * Any character of Unicode, for `fc.string({ unit: codePoint })`. What fast-check calls `"binary"` is the same, but takes each
 * process that uses it a second and 100 MB, for a list of all of them.
 */
export const codePoint: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: LAST - SURROGATES })
  .map(textOf, indexOf);

function textOf(index: number): string {
  return String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES);
}

function indexOf(text: unknown): number {
  const code = typeof text === "string" ? text.codePointAt(0) : undefined;
  if (code === undefined || text !== String.fromCodePoint(code))
    throw new TypeError("no character");
  return code < FIRST_SURROGATE ? code : code - SURROGATES;
}
