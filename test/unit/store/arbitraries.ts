import fc from "fast-check";
import type { FilterScalar } from "../../../src/store/filterKeys.ts";
import { codePoint } from "../../codePoint.ts";

/** Text made of the pieces that keys are made of, so that one value often looks like part of another key. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc
    .array(
      fc.constantFrom("#", "%", "%23", "%25", "%n", "%z", "%h", "1", "a", "b", "input", "ctx", "é"),
      { maxLength: 4 },
    )
    .map((parts) => parts.join("")),
  fc.string({ unit: codePoint, maxLength: 5 }),
  fc.constantFrom("connection#c#subscription#1#1@abcdef", "x".repeat(128), "x".repeat(129)),
);

/** Any value a filter can hold. */
export const scalar: fc.Arbitrary<FilterScalar> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  fc.constantFrom<FilterScalar>(null, true, false, 0, -0, 1, 1n, 0n, 12, "12", 1.5, 1e21, "null"),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 30 }),
  fc.bigInt(),
);
