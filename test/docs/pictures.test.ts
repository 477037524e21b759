import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../docs/check/repository.ts";
import { PICTURES } from "../../docs/pictures/pictures.ts";
import { segmentsOf, sortKeyOf } from "../../docs/pictures/segments.ts";
import { encodeScalar, type FilterScalar } from "../../src/store/filterKeys.ts";

it.each([...PICTURES])(
  "%s shows the keys as the store makes them (npm run docs:pictures)",
  (file, svg) => {
    expect(readFileSync(join(ROOT, "docs/pictures", file), "utf8")).toBe(svg);
  },
);

it("says in a picture whom a publish finds", () => {
  expect(PICTURES.get("addressing.svg")).toContain(
    [
      "user1 with name1 is found by A, B, C",
      "user1 with name2 is found by B, C",
      "user10 with name1 is found by C",
      "user2 with name1 is found by C",
    ].join("; "),
  );
});

it("cuts a key where its parts begin, whatever fields are called", () => {
  const key = sortKeyOf(
    { name: "ctx", ctx: { input: "name" }, input: { connection: "ctx", name: 1 } },
    {
      subscriber: { connectionId: "c", id: 1, jsonrpc: false },
      requestTimeMs: 5,
      api: { apiId: "a", stage: "s" },
    },
  );
  const segments = segmentsOf(key);
  expect(segments.map(({ text }) => text).join("")).toBe(key);
  expect(segments.map(({ role }) => role)).toEqual([
    "filter",
    "ctx",
    "input",
    "connection",
    "subscription",
    "time",
  ]);
});

/** Rows of the table of values in `docs/filters.md`, as the JavaScript that they are. */
const rows = [
  ...readFileSync(join(ROOT, "docs/filters.md"), "utf8").matchAll(
    /^\| `([^`]+)` \| (?:`([^`]*)`)? ?\|$/gm,
  ),
].map(([, value = "", text = ""]) => [value, text] as const);

function scalarOf(literal: string): FilterScalar {
  if (/^\d+n$/.test(literal)) return BigInt(literal.slice(0, -1));
  return JSON.parse(literal) as FilterScalar;
}

it("has rows of values", () => {
  expect(rows.length).toBeGreaterThan(8);
});

it.each(rows)("says rightly that %s is %s in a key", (value, text) => {
  expect(encodeScalar(scalarOf(value))).toBe(text);
});
