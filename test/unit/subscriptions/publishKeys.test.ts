import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidFilterError } from "../../../src/errors.ts";
import {
  EVERY_VALUE,
  type FilterFields,
  type FilterScalar,
} from "../../../src/store/filterKeys.ts";
import { exactKeys, publishKeys, subscriberRoutes } from "../../../src/subscriptions/filter.ts";

const both: FilterFields = { name: "both", ctx: ["tenant", "userId"], input: ["name", "since"] };
const byName: FilterFields = { name: "byName", ctx: [], input: ["name"] };
const byUser: FilterFields = { name: "byUser", ctx: ["userId"], input: [] };
const none: FilterFields = { name: "none", ctx: [], input: [] };
const watch: FilterFields = {
  name: "watch",
  ctx: ["team", "tenant"],
  input: ["agent", "run"],
  optional: { ctx: ["team"], input: ["agent", "run"] },
};
const app = { filters: new Map([["p", [both, byName, byUser, none, watch]]]) };
const keys = (options: object) => publishKeys(app, "p", options);

const ctx = { userId: "u", tenant: 1 };
const input = { name: "Bob", since: 2 };
const BOTH_CTX = "name#both#ctx#tenant#%n1#userId#u#";
const BOTH = `${BOTH_CTX}input#name#Bob#since#%n2#`;

describe("publishKeys", () => {
  it("addresses everyone without a filter", () => {
    expect(keys({})).toEqual([undefined]);
    expect(keys({ data: 1 })).toEqual([undefined]);
    expect(publishKeys(app, "no filters", {})).toEqual([undefined]);
  });

  it("addresses a filter with all its fields, in whatever order they are given", () => {
    expect(keys({ filter: { name: "both", ctx, input } })).toEqual([BOTH]);
    const permuted = { input: { since: 2, name: "Bob" }, ctx: { tenant: 1, userId: "u" } };
    expect(keys({ filter: { ...permuted, name: "both" } })).toEqual([BOTH]);
    expect(keys({ filter: { name: "none" } })).toEqual(["name#none#"]);
    expect(keys({ filter: { name: "none", ctx: {}, input: {} } })).toEqual(["name#none#"]);
  });

  it("addresses everyone with these ctx values when input is left out", () => {
    expect(keys({ filter: { name: "both", ctx } })).toEqual([BOTH_CTX]);
    expect(keys({ filter: { name: "byUser", ctx: { userId: "u" } } })).toEqual([
      "name#byUser#ctx#userId#u#",
    ]);
  });

  it("unites an array, each audience once", () => {
    const bob = { name: "byName", input: { name: "Bob" } };
    expect(keys({ filter: [bob, { name: "none" }, { ...bob }] })).toEqual([
      "name#byName#input#name#Bob#",
      "name#none#",
    ]);
    expect(keys({ filter: [] })).toEqual([]);
  });

  it("leaves out a filter that another of the array covers", () => {
    const wide = { name: "both", ctx };
    const narrow = { name: "both", ctx, input };
    expect(keys({ filter: [narrow, wide] })).toEqual([BOTH_CTX]);
    expect(keys({ filter: [wide, narrow] })).toEqual([BOTH_CTX]);
  });
});

describe("optional fields", () => {
  const teamAndTenant = { team: "x", tenant: 1 };
  const filter = { name: "watch", ctx: teamAndTenant, input: { agent: "a", run: 2 } };
  const starts = ["name#watch#ctx#team#x#tenant#%n1#", "name#watch#ctx#team#%*#tenant#%n1#"];
  const ends = ["agent#a#run#%n2#", "agent#a#run#%*#", "agent#%*#run#%n2#", "agent#%*#run#%*#"];

  it("address whoever has the value, and whoever left it out, in every combination", () => {
    const all = starts.flatMap((start) => ends.map((end) => `${start}input#${end}`));
    expect(keys({ filter })).toEqual(all);
  });

  it("are covered as a whole when input is left out", () => {
    const wide = { name: "watch", ctx: teamAndTenant };
    expect(keys({ filter: wide })).toEqual(starts);
    expect(keys({ filter: [filter, wide] })).toEqual(starts);
  });

  it("share those who left them out in a union", () => {
    const other = { ...filter, input: { agent: "b", run: 2 } };
    const united = keys({ filter: [filter, other] });
    expect(united).toHaveLength(12);
    expect(new Set(united).size).toBe(12);
  });

  it("are the value alone for exactKeys", () => {
    const exact = (options: object) => exactKeys(app, "p", options);
    expect(exact({ filter })).toEqual([`${starts[0]}input#${ends[0]}`]);
    expect(exact({ filter: { name: "watch", ctx: teamAndTenant } })).toEqual([starts[0]]);
    expect(exact({ filter: { name: "both", ctx, input } })).toEqual([BOTH]);
    expect(exact({})).toEqual([undefined]);
    expect(() => exact({ filter: undefined })).toThrow(InvalidFilterError);
  });
});

const Bob = { name: "byName", input: { name: "Bob" } };

const malformed: readonly (readonly [filter: unknown, place: string, problem: string])[] = [
  [undefined, "filter", "is undefined"],
  [null, "filter", "is null"],
  ["byName", "filter", "is a string"],
  [7, "filter", "is 7"],
  [() => Bob, "filter", "is a function"],
  [{}, "name", "is undefined"],
  [{ name: undefined, input: { name: "x" } }, "name", "is undefined"],
  [{ name: "nope" }, "name", 'is "nope"'],
  [{ name: "__proto__" }, "name", 'is "__proto__"'],
  [{ name: "constructor" }, "name", 'is "constructor"'],
  [{ name: ["byName"], input: { name: "Bob" } }, "name", "is an array"],
  [{ ...Bob, inputs: {} }, "inputs", "is not part of a filter"],
  [{ name: "byName" }, "input", "is missing"],
  [{ name: "byName", input: undefined }, "input", "is undefined"],
  [{ name: "byName", input: null }, "input", "is null"],
  [{ name: "byName", input: "Bob" }, "input", "is a string"],
  [{ name: "byName", input: ["Bob"] }, "input", "is an array"],
  [{ name: "byName", input: {} }, "input.name", "is missing"],
  [{ name: "byName", input: Object.create({ name: "Bob" }) }, "input.name", "is missing"],
  [{ name: "byName", input: { name: "Bob", nope: 1 } }, "input.nope", "is not a field"],
  [{ name: "byName", input: { name: "Bob", nope: undefined } }, "input.nope", "is not a field"],
  [{ ...Bob, ctx: { userId: "u" } }, "ctx.userId", "is not a field"],
  [{ ...Bob, ctx: undefined }, "ctx", "is undefined"],
  [{ name: "none", input: undefined }, "input", "is undefined"],
  [{ name: "none", input: { name: "x" } }, "input.name", "is not a field"],
  [{ name: "both", input }, "ctx", "is missing"],
  [{ name: "both", ctx: { userId: "u" } }, "ctx.tenant", "is missing"],
  [{ name: "both", ctx: undefined, input }, "ctx", "is undefined"],
  [{ name: "both", ctx, input: undefined }, "input", "is undefined"],
  [{ name: "both", ctx, input: {} }, "input.name", "is missing"],
  [{ name: "both", ctx, input: { name: "Bob" } }, "input.since", "is missing"],
  [{ name: "watch", ctx: { tenant: 1 } }, "ctx.team", "is missing"],
  [{ name: "watch", ctx: { team: undefined, tenant: 1 } }, "ctx.team", "is undefined"],
  [
    { name: "watch", ctx: { team: "x", tenant: 1 }, input: { run: 1 } },
    "input.agent",
    "is missing",
  ],
  [{ name: "byUser", ctx: { userId: "u" }, input: undefined }, "input", "is undefined"],
  [JSON.parse('{"name":"none","__proto__":{}}'), "__proto__", "is not part of a filter"],
  [JSON.parse('{"name":"none","ctx":{"__proto__":1}}'), "ctx.__proto__", "is not a field"],
  [[Bob, undefined], "filter[1]", "is undefined"],
  [[Bob, [Bob]], "filter[1]", "is an array"],
  [new Array(1), "filter[0]", "is undefined"],
  [[{ name: "byName", input: {} }], "filter[0].input.name", "is missing"],
];

const nonScalars: readonly (readonly [kind: string, value: unknown, problem: string])[] = [
  ["undefined", undefined, "is undefined"],
  ["an object", { room: 1 }, "is an object"],
  ["what stands for every value", EVERY_VALUE, "is an object"],
  ["an array", ["Bob"], "is an array"],
  ["a Date", new Date(0), "is an object"],
  ["a function", () => "Bob", "is a function"],
  ["a symbol", Symbol("Bob"), "is a symbol"],
  ["NaN", Number.NaN, "is NaN"],
  ["infinite", Number.NEGATIVE_INFINITY, "is -Infinity"],
  ["a lone surrogate", "\udc00", "lone surrogate"],
];

describe("wrong filters", () => {
  it.each(malformed)("refuses %o", (filter, place, problem) => {
    const publish = () => keys({ filter });
    expect(publish).toThrow(InvalidFilterError);
    expect(publish).toThrow(expect.objectContaining({ path: "p", place }));
    expect(publish).toThrow(problem);
  });

  it.each(nonScalars)("refuses a field that is %s", (_, name, problem) => {
    const publish = () => keys({ filter: { name: "byName", input: { name } } });
    expect(publish).toThrow(InvalidFilterError);
    expect(publish).toThrow(expect.objectContaining({ place: "input.name" }));
    expect(publish).toThrow(problem);
  });

  it("never shows a value in an error", () => {
    const secret = { name: "byName", input: { name: { token: "s3cret" } } };
    expect(() => keys({ filter: secret })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("s3cret") }),
    );
  });

  it("refuses every filter on a route without any", () => {
    expect(() => publishKeys(app, "no filters", { filter: { name: "none" } })).toThrow(
      "Declared on this route: none.",
    );
  });
});

describe("publish and subscribe", () => {
  it("finds exactly the subscribers with equal values", () => {
    const scalar: fc.Arbitrary<FilterScalar> = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 4 }),
      fc.constantFrom("1", "true", "null", "%n1", "#", "", "a#b", "undefined", "-0"),
      fc.integer({ min: -2, max: 12 }),
      fc.constantFrom(-0, 1.5),
      fc.boolean(),
      fc.bigInt({ min: 0n, max: 2n }),
      fc.constant(null),
    );
    const values = fc.record({ userId: scalar, tenant: scalar, name: scalar, since: scalar });
    const split = (all: { userId: unknown; tenant: unknown; name: unknown; since: unknown }) => ({
      ctx: { userId: all.userId, tenant: all.tenant },
      input: { name: all.name, since: all.since },
    });
    // -0 is 0, as it is for JSON.
    const same = (a: unknown, b: unknown) => a === b;
    const property = fc.property(values, values, fc.boolean(), (subscribed, published, wide) => {
      const routes = subscriberRoutes(app, { path: "p", ...split(subscribed) });
      const { ctx, input } = split(published);
      const filter = wide ? { name: "both", ctx } : { name: "both", ctx, input };
      const [key = ""] = keys({ filter });
      const found = routes.filter((route) => route.filter?.startsWith(key)).length;
      const expected =
        same(subscribed.userId, published.userId) &&
        same(subscribed.tenant, published.tenant) &&
        (wide ||
          (same(subscribed.name, published.name) && same(subscribed.since, published.since)));
      expect(found).toBe(expected ? 1 : 0);
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
