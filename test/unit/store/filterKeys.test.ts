import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/protocol/keyText.ts";
import {
  EVERY_VALUE_TEXT,
  encodeScalar,
  type FilterScalar,
  filterKey,
  isFilterScalar,
  MAX_VALUE_BYTES,
} from "../../../src/store/filterKeys.ts";
import { routeSortKey } from "../../../src/store/keys.ts";
import { scalar } from "./arbitraries.ts";

const RUNS = 40_000;
const api = { apiId: "a1b2c3d4e5", stage: "prod" };

/** Equality of values as a filter means it: `-0` is `0`, and a type never equals another one. */
const same = (a: FilterScalar, b: FilterScalar): boolean => a === b;

describe("filterKey", () => {
  const address = fc.record({
    name: fc.constantFrom("n", "nn", "n#"),
    ctx: fc.tuple(scalar),
    input: fc.tuple(scalar, scalar),
  });
  const key = ({ name, ctx, input }: Filter): string =>
    filterKey({
      name,
      ctx: [["a", ctx[0]]],
      input: [
        ["b", input[0]],
        ["c#", input[1]],
      ],
    });
  interface Filter {
    readonly name: string;
    readonly ctx: readonly [FilterScalar];
    readonly input: readonly [FilterScalar, FilterScalar];
  }
  /** A second filter that shares some of its values with the first. */
  const pair = fc
    .tuple(address, address, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([one, other, [name, ctx, first, second]]): readonly [Filter, Filter] => [
      one,
      {
        name: name ? one.name : other.name,
        ctx: ctx ? one.ctx : other.ctx,
        input: [first ? one.input[0] : other.input[0], second ? one.input[1] : other.input[1]],
      },
    ]);
  const subscribed = (filter: Filter): string =>
    routeSortKey(key(filter), {
      subscriber: { connectionId: "c", id: 1, jsonrpc: false },
      requestTimeMs: 1,
      api,
    });

  test("of a publish begins a subscriber's key exactly when all values are equal", () => {
    let equal = 0;
    fc.assert(
      fc.property(pair, ([publish, subscriber]) => {
        const expected =
          publish.name === subscriber.name &&
          same(publish.ctx[0], subscriber.ctx[0]) &&
          same(publish.input[0], subscriber.input[0]) &&
          same(publish.input[1], subscriber.input[1]);
        if (expected) equal += 1;
        return subscribed(subscriber).startsWith(key(publish)) === expected;
      }),
      { numRuns: RUNS },
    );
    // Both answers were asked for often.
    expect(equal).toBeGreaterThan(RUNS / 50);
    expect(equal).toBeLessThan(RUNS / 2);
  });

  test("without input begins it exactly when the ctx values are equal", () => {
    fc.assert(
      fc.property(pair, ([publish, subscriber]) => {
        const prefix = filterKey({ name: publish.name, ctx: [["a", publish.ctx[0]]] });
        const expected =
          publish.name === subscriber.name && same(publish.ctx[0], subscriber.ctx[0]);
        return subscribed(subscriber).startsWith(prefix) === expected;
      }),
      { numRuns: RUNS },
    );
  });
});

describe("encodeScalar", () => {
  test("makes two texts the same only for equal values", () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => (encodeScalar(a) === encodeScalar(b)) === same(a, b)),
      { numRuns: RUNS },
    );
  });

  test("makes of no value the text of an optional field that was left out", () => {
    fc.assert(
      fc.property(scalar, (value) => encodeScalar(value) !== EVERY_VALUE_TEXT),
      { numRuns: RUNS },
    );
    expect(encodeScalar(EVERY_VALUE_TEXT)).toBe("%25*");
  });

  test("makes no segment end early, and none longer than its limit", () => {
    fc.assert(
      fc.property(fc.oneof(scalar, fc.string({ unit: "grapheme", maxLength: 200 })), (value) => {
        expect(encodeScalar(value)).not.toContain("#");
        expect(utf8Bytes(encodeScalar(value))).toBeLessThanOrEqual(MAX_VALUE_BYTES);
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ["Bob", "Bob"],
    ["", ""],
    ["50% #1", "50%25 %231"],
    [12, "%n12"],
    [-0, "%n0"],
    [1.5, "%n1.5"],
    [true, "%btrue"],
    [false, "%bfalse"],
    [null, "%z"],
    [12n, "%i12"],
  ])("%o is %s", (value, text) => {
    expect(encodeScalar(value)).toBe(text);
  });

  test("keeps 128 bytes and hashes 129", () => {
    expect(encodeScalar("x".repeat(128))).toBe("x".repeat(128));
    expect(encodeScalar("x".repeat(129))).toMatch(/^%h[\w-]{43}$/);
    // The limit is one of bytes, and of the escaped text.
    expect(encodeScalar("é".repeat(64))).toBe("é".repeat(64));
    expect(encodeScalar("é".repeat(65))).toMatch(/^%h/);
    expect(encodeScalar("#".repeat(42))).toBe("%23".repeat(42));
    expect(encodeScalar("#".repeat(43))).toMatch(/^%h/);
    expect(encodeScalar(10n ** 125n)).toHaveLength(128);
    expect(encodeScalar(10n ** 126n)).toMatch(/^%h/);
  });
});

describe("isFilterScalar", () => {
  test.each(["", "\u{10ffff}", 0, -0, Number.MAX_VALUE, true, false, null, 0n])(
    "takes %o",
    (value) => {
      expect(isFilterScalar(value)).toBe(true);
    },
  );

  test.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY],
    ["\ud800"],
    ["a\udc00b"],
    [undefined],
    [[]],
    [{}],
    [new Date(0)],
    [Symbol("s")],
    [() => 1],
  ])("refuses %o", (value) => {
    expect(isFilterScalar(value)).toBe(false);
  });
});
