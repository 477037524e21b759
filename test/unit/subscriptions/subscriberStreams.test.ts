import fc from "fast-check";
import { expect, it } from "vitest";
import type { FilterFields } from "../../../src/store/filterKeys.ts";
import { publishKeys, subscriberRoutes } from "../../../src/subscriptions/filter.ts";
import { subscriberStreams } from "../../../src/subscriptions/streams.ts";

const filters: readonly FilterFields[] = [
  { name: "both", ctx: ["a", "b"], input: ["c", "d"] },
  { name: "ctx", ctx: ["a"], input: [] },
  { name: "input", ctx: [], input: ["c"] },
  { name: "some", ctx: ["a"], input: ["c", "d"], optional: { ctx: [], input: ["d"] } },
  { name: "all", ctx: ["b"], input: ["c"], optional: { ctx: ["b"], input: ["c"] } },
  { name: "none", ctx: [], input: [] },
];
const app = { filters: new Map([["p", filters]]) };

const value = fc.constantFrom(0, "0", null, "", "%*");
const values = { a: value, b: value, c: value, d: value };
const subscribed = fc.record(values, { requiredKeys: [] });
const published = fc.record({
  ...values,
  filter: fc.nat(filters.length - 1),
  isWide: fc.boolean(),
});

it("holds one of a publish's keys exactly when one of the subscriber's rows is found by it", () => {
  let met = 0;
  const property = fc.property(
    subscribed,
    published,
    (has, { filter: index, isWide, ...gives }) => {
      const { name = "", ctx = [], input = [] } = filters[index] ?? {};
      const some = (fields: readonly string[]): object =>
        Object.fromEntries(fields.map((field) => [field, Reflect.get(gives, field)]));
      const filter = {
        ...{ name, ctx: some(ctx) },
        ...(!(isWide && ctx.length > 0) && { input: some(input) }),
      };
      const keys = publishKeys(app, "p", { filter });
      const subscriber = { path: "p", ctx: has, input: has };
      const rows = subscriberRoutes(app, subscriber);
      const isFound = rows.some((row) => keys.some((key) => row.filter?.startsWith(key ?? "")));
      const streams = subscriberStreams(app, subscriber).filter((stream) => keys.includes(stream));
      expect(streams).toHaveLength(isFound ? 1 : 0);
      met += Number(isFound);
    },
  );
  fc.assert(property, { numRuns: 5_000 });
  expect(met).toBeGreaterThan(500);
});

it("holds the whole route first", () => {
  expect(subscriberStreams(app, { path: "other", ctx: {}, input: {} })).toEqual([undefined]);
  expect(subscriberStreams(app, { path: "p", ctx: {}, input: {} })).toEqual([
    undefined,
    "name#all#ctx#b#%*#input#c#%*#",
    "name#all#ctx#b#%*#",
    "name#none#",
  ]);
});
