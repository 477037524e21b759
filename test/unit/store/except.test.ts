import { expect, test } from "vitest";
import { isFoundByNoOther } from "../../../src/store/except.ts";

const route = { key: { pk: "path#p#1", sk: "name#b#connection#c#…" }, requestTimeMs: 7 };
const owner = {
  state: "ACTIVE",
  requestTimeMs: 7,
  expireAt: 101,
  routes: [route.key, { pk: "path#p#1", sk: "name#a#v#1#connection#c#…" }],
} as const;
const asked = { except: ["name#x#", "name#a#v#2#"], now: 100 };

test.each([
  ["live and found by no other", owner, asked, true],
  ["found by another", owner, { ...asked, except: ["name#x#", "name#a#v#1#"] }, false],
  ["found by part of another", owner, { ...asked, except: ["name#a#"] }, false],
  [
    "found by another on another path",
    { ...owner, routes: [{ pk: "path#q", sk: "name#a#" }] },
    { ...asked, except: ["name#a#"] },
    true,
  ],
  ["not there", undefined, asked, false],
  ["stopped", { ...owner, state: "STOPPED" } as const, asked, false],
  ["expired", { ...owner, expireAt: 100 }, asked, false],
  ["an older subscription's", { ...owner, requestTimeMs: 8 }, asked, false],
  ["a newer subscription's", { ...owner, requestTimeMs: 6 }, asked, false],
])("a route whose subscription is %s", (...[, subscription, query, expected]) => {
  expect(isFoundByNoOther(route, subscription, query)).toBe(expected);
});
