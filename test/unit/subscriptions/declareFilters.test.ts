import { describe, expect, it } from "vitest";
import { BuilderError } from "../../../src/errors.ts";
import type { FilterFields } from "../../../src/store/filterKeys.ts";
import { declareFilters } from "../../../src/subscriptions/declareFilters.ts";
import { createRouter } from "./fixture.ts";

const app = (filters: readonly [string, readonly FilterFields[]][] = []) => ({
  router: createRouter(),
  filters: new Map(filters),
});

describe("declareFilters", () => {
  it("keeps fields in canonical order, whatever the order they are written in", () => {
    const filters = declareFilters(app(), "mine", [
      { name: "f", input: { since: true, name: true }, ctx: { b: true, Z: true, a: true } },
    ]);
    expect([...filters]).toEqual([
      ["mine", [{ name: "f", ctx: ["Z", "a", "b"], input: ["name", "since"] }]],
    ]);
  });

  it("adds to the filters of the route, leaves other routes and the given map alone", () => {
    const first = { name: "a", ctx: [], input: ["name"] };
    const before = app([
      ["mine", [first]],
      ["other", [first]],
    ]);
    const filters = declareFilters(before, "mine", [{ name: "b" }, { name: "c", ctx: {} }]);
    expect(Object.fromEntries(filters)).toEqual({
      mine: [first, { name: "b", ctx: [], input: [] }, { name: "c", ctx: [], input: [] }],
      other: [first],
    });
    expect(Object.fromEntries(before.filters)).toEqual({ mine: [first], other: [first] });
  });

  it("ignores false and undefined fields", () => {
    const filters = declareFilters(app(), "mine", [
      { name: "f", input: { name: true, since: false, x: undefined } },
    ]);
    expect(filters.get("mine")).toEqual([{ name: "f", ctx: [], input: ["name"] }]);
  });

  it("notes which fields are optional", () => {
    const filters = declareFilters(app(), "mine", [
      {
        name: "f",
        input: { since: "optional", name: true },
        ctx: { b: "optional", a: "optional" },
      },
      { name: "g", input: { name: "optional" } },
    ]);
    expect(filters.get("mine")).toEqual([
      {
        name: "f",
        ctx: ["a", "b"],
        input: ["name", "since"],
        optional: { ctx: ["a", "b"], input: ["since"] },
      },
      { name: "g", ctx: [], input: ["name"], optional: { ctx: [], input: ["name"] } },
    ]);
  });

  it("takes own fields with the names of Object.prototype", () => {
    const ctx: unknown = JSON.parse('{"__proto__":true,"constructor":true}');
    const filters = declareFilters(app(), "mine", [{ name: "__proto__", ctx }]);
    expect(filters.get("mine")).toEqual([
      { name: "__proto__", ctx: ["__proto__", "constructor"], input: [] },
    ]);
  });
});

describe("path of a filter", () => {
  it.each(["mine", "chat.room.onMessage", "later.own", "later.inner.onMessage", "later.typo"])(
    "accepts the path %s",
    (path) => {
      expect(declareFilters(app(), path, [{ name: "f" }]).has(path)).toBe(true);
    },
  );

  it.each([
    "missing",
    "chat",
    "query",
    "resolverOfQuery",
    "generator",
    "wrapped",
    "laterx.own",
    "__proto__",
  ])("refuses the path %s", (path) => {
    const declare = () => declareFilters(app(), path, [{ name: "f" }]);
    expect(declare).toThrow(BuilderError);
    expect(declare).toThrow(`"${path}" is not a subscription`);
  });
});

describe("wrong declarations", () => {
  it("refuses a name that is taken by an earlier call", () => {
    const before = app([["mine", [{ name: "a", ctx: [], input: [] }]]]);
    expect(() => declareFilters(before, "mine", [{ name: "b" }, { name: "a" }])).toThrow(
      'the name "a" is taken',
    );
  });

  it("refuses a name twice within a call", () => {
    const twice = [{ name: "a", input: { name: true } }, { name: "a" }];
    expect(() => declareFilters(app(), "mine", twice)).toThrow(BuilderError);
  });

  it("takes the same name on two routes", () => {
    const first = declareFilters(app(), "mine", [{ name: "a" }]);
    const both = declareFilters({ ...app(), filters: first }, "later.own", [{ name: "a" }]);
    expect([...both.keys()]).toEqual(["mine", "later.own"]);
  });

  it("takes five fields of each kind of length, refuses what exceeds 1,024 bytes and says so", () => {
    const fields = (count: number, length: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`${index}`.padEnd(length, "x"), true]),
      );
    const declare = (count: number, length: number) =>
      declareFilters(app(), "mine", [{ name: "f", ctx: fields(count, length) }]);
    expect(declare(5, 10).get("mine")).toHaveLength(1);
    expect(() => declare(7, 10)).toThrow(BuilderError);
    expect(() => declare(5, 100)).toThrow(/can have 1[3-4]\d\d bytes, DynamoDB takes 1024/);
  });

  it.each([
    [[], "at least one filter"],
    [[undefined], "expected { name, ctx, input }"],
    [["name"], "expected { name, ctx, input }"],
    [[[{ name: "a" }]], "expected { name, ctx, input }"],
    [[{}], "name is undefined"],
    [[{ name: "" }], "name is a string"],
    [[{ name: "\ud800" }], "a string with a lone surrogate"],
    [[{ name: 1 }], "name is 1"],
    [[{ name: "a", inputs: {} }], 'unknown option "inputs"'],
    [[{ name: "a", input: ["name"] }], "expected an object such as"],
    [[{ name: "a", ctx: null }], "expected an object such as"],
    [[{ name: "a", ctx: { userId: "yes" } }], '"userId" is "yes". Use true, or "optional".'],
    [[{ name: "a", ctx: { userId: {} } }], '"userId" is an object. Use true, or "optional".'],
    [
      [
        {
          name: "a",
          ctx: { a: "optional" },
          input: { b: "optional", c: "optional", d: "optional" },
        },
      ],
      "4 fields are optional, at most 3 can be",
    ],
    [[{ name: "a", ctx: { "\udfff": true } }], "lone surrogate"],
  ])("refuses %j", (declarations, message) => {
    const declare = () => declareFilters(app(), "mine", declarations);
    expect(declare).toThrow(BuilderError);
    expect(declare).toThrow(message);
  });
});
