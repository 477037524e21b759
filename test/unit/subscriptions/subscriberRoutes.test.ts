import { describe, expect, it } from "vitest";
import { EVERY_VALUE, type FilterFields } from "../../../src/store/filterKeys.ts";
import { subscriberRoutes } from "../../../src/subscriptions/filter.ts";

const routesOf = (filters: readonly FilterFields[], values: { input?: unknown; ctx?: unknown }) =>
  subscriberRoutes(
    { filters: new Map([["a.b", filters]]) },
    { path: "a.b", input: values.input, ctx: values.ctx },
  );

const byName: FilterFields = { name: "f", ctx: [], input: ["name"] };
const byAgent: FilterFields = {
  name: "a",
  ctx: ["team"],
  input: ["agent", "name"],
  optional: { ctx: ["team"], input: ["agent"] },
};
const byUser: FilterFields = { name: "u", ctx: ["userId"], input: [] };

describe("subscriberRoutes", () => {
  it("is the route alone without filters", () => {
    const app = { filters: new Map([["other", [byName]]]) };
    expect(subscriberRoutes(app, { path: "a.b", input: { name: "x" }, ctx: {} })).toEqual([
      { path: "a.b" },
    ]);
  });

  it("is the route, then every filter", () => {
    const both: FilterFields = { name: "b", ctx: ["tenant", "userId"], input: ["name"] };
    const none: FilterFields = { name: "none", ctx: [], input: [] };
    const values = { input: { name: "Bob", more: 1 }, ctx: { userId: "u#1", tenant: 7 } };
    expect(routesOf([byName, both, none], values)).toEqual([
      { path: "a.b" },
      { path: "a.b", filter: "name#f#input#name#Bob#" },
      { path: "a.b", filter: "name#b#ctx#tenant#%n7#userId#u%231#input#name#Bob#" },
      { path: "a.b", filter: "name#none#" },
    ]);
  });

  it.each([
    ["absent", {}],
    ["undefined", { name: undefined }],
    ["an object", { name: { room: 1 } }],
    ["an array", { name: ["Bob"] }],
    ["a Date", { name: new Date(0) }],
    ["a function", { name: () => "Bob" }],
    ["a symbol", { name: Symbol("Bob") }],
    ["NaN", { name: Number.NaN }],
    ["infinite", { name: Number.POSITIVE_INFINITY }],
    ["a lone surrogate", { name: "\ud800" }],
    ["a String object", { name: Object("Bob") }],
  ])("leaves out a filter whose field is %s, and keeps the others", (_, input) => {
    expect(routesOf([byName, byUser], { input, ctx: { userId: "u" } })).toEqual([
      { path: "a.b" },
      { path: "a.b", filter: "name#u#ctx#userId#u#" },
    ]);
  });

  it.each([[undefined], [null], ["Bob"], [7], [true]])(
    "takes no fields of the input %j",
    (input) => {
      expect(routesOf([byName], { input })).toEqual([{ path: "a.b" }]);
      expect(routesOf([byUser], { ctx: input })).toEqual([{ path: "a.b" }]);
    },
  );

  it.each(["__proto__", "constructor", "toString", "length"])(
    "does not find %s on an object without it",
    (field) => {
      const filter: FilterFields = { name: "f", ctx: [], input: [field] };
      expect(routesOf([filter], { input: {} })).toEqual([{ path: "a.b" }]);
    },
  );

  it("reads getters of a context that is an instance", () => {
    class Context {
      get userId(): string {
        return "u";
      }
    }
    expect(routesOf([byUser], { ctx: new Context() })).toEqual([
      { path: "a.b" },
      { path: "a.b", filter: "name#u#ctx#userId#u#" },
    ]);
  });
});

describe("optional fields", () => {
  it.each([
    ["absent", { name: "Bob" }, undefined],
    ["undefined", { name: "Bob", agent: undefined }, { team: undefined }],
    ["those of no object", { name: "Bob" }, null],
  ])("puts every value in the place of optional fields that are %s", (_, input, ctx) => {
    expect(routesOf([byAgent], { input, ctx })).toEqual([
      { path: "a.b" },
      { path: "a.b", filter: "name#a#ctx#team#%*#input#agent#%*#name#Bob#" },
    ]);
  });

  it("has the values of optional fields, null included", () => {
    const input = { name: "Bob", agent: "%*" };
    expect(routesOf([byAgent], { input, ctx: { team: null } })).toEqual([
      { path: "a.b" },
      { path: "a.b", filter: "name#a#ctx#team#%z#input#agent#%25*#name#Bob#" },
    ]);
  });

  it.each([
    ["not optional, absent", {}],
    ["optional, an object", { name: "Bob", agent: {} }],
    ["optional, what stands for every value", { name: "Bob", agent: EVERY_VALUE }],
    ["optional, NaN", { name: "Bob", agent: Number.NaN }],
    ["optional, a lone surrogate", { name: "Bob", agent: "\ud800" }],
  ])("leaves out a filter with optional fields where one is %s", (_, input) => {
    expect(routesOf([byAgent], { input })).toEqual([{ path: "a.b" }]);
  });
});
