import { expect, it } from "vitest";
import { Oracle, type Subscription } from "./oracle.ts";

const declarations = [
  { name: "f", ctx: ["c"], input: ["i"] },
  { name: "g", ctx: [], input: ["i"] },
];
const values = [0, 1, "1", 1n, true, "true", null, "null", "", "#", "%23", "\u00e9", "e\u0301"];
const oracle = new Oracle(declarations);
const subscriptionOf = (c: unknown, i: unknown): Subscription => {
  const connectionId = `${typeof c} ${String(c)} ${typeof i} ${String(i)}`;
  return { connectionId, id: 1, path: "p", api: 0, ctx: { c }, input: { i } };
};
const all = values.map((value) => subscriptionOf(value, value));
for (const one of all) oracle.add(one);
const unfindable = subscriptionOf("1", undefined);
oracle.add(unfindable);
const [zero] = all;

it.each(values)("the oracle tells %o from all others", (value) => {
  const expected = new Set(all.filter(({ ctx }) => ctx["c"] === value));
  expect(expected.size).toBe(1);
  const at = { path: "p", api: 0 };
  expect(oracle.audience({ ...at, filters: [{ name: "f", ctx: { c: value } }] })).toEqual(expected);
  expect(oracle.audience({ ...at, filters: [{ name: "g", input: { i: value } }] })).toEqual(
    expected,
  );
  const both = { name: "f", ctx: { c: value }, input: { i: value } };
  expect(oracle.audience({ ...at, filters: [both, { name: "g", input: { i: 2 } }] })).toEqual(
    expected,
  );
  expect(oracle.audience({ path: "P", api: 0, filters: [both] }).size).toBe(0);
  expect(oracle.audience({ path: "p", api: 1, filters: [both] }).size).toBe(0);
});

it("the oracle lets those hear every value who left an optional field out", () => {
  const own = new Oracle([{ name: "f", ctx: [], input: ["a", "b"], optional: ["b"] }]);
  const with1 = { ...subscriptionOf(0, 0), input: { a: 1, b: 1 } };
  const without = { ...with1, input: { a: 1 } };
  const others = [{ a: 1, b: 2 }, { a: 2 }, { b: 1 }, { a: 1, b: null }, { a: 1, b: [] }];
  for (const one of [with1, without]) own.add(one);
  for (const input of others) own.add({ ...with1, input });
  const address = { path: "p", api: 0, filters: [{ name: "f", input: { a: 1, b: 1 } }] };
  expect(own.audience(address)).toEqual(new Set([with1, without]));
  expect(own.named(address)).toEqual(new Set([with1]));
  own.remove(without);
  expect(own.audience(address)).toEqual(new Set([with1]));
});

it("the oracle takes -0 for 0, and everybody is everybody", () => {
  const minusZero = { name: "f", ctx: { c: -0 }, input: { i: -0 } };
  expect([...oracle.audience({ path: "p", api: 0, filters: [minusZero] })]).toEqual([zero]);
  expect(oracle.audience({ path: "p", api: 0 }).size).toBe(all.length + 1);
});
