import { describe, expect, it } from "vitest";
import { encodeScalar, MAX_VALUE_BYTES } from "../../../src/store/filterKeys.ts";
import { isRouteOf, keysOf, parseRouteSortKey, routeSortKey } from "../../../src/store/keys.ts";

const api = { apiId: "a1b2c3d4e5", stage: "prod" };

describe("a value in a key", () => {
  it.each([
    ["a#b%", "a%23b%25"],
    ["", ""],
    [12, "%n12"],
    [-0, "%n0"],
    [true, "%btrue"],
    [false, "%bfalse"],
    [12n, "%i12"],
    [null, "%z"],
  ])("%o is %s", (value, text) => {
    expect(encodeScalar(value)).toBe(text);
  });

  it("of 128 bytes is itself, a longer one its tagged hash, counted in UTF-8", () => {
    const widest = "é".repeat(MAX_VALUE_BYTES / 2);
    expect(encodeScalar(widest)).toBe(widest);
    expect(encodeScalar(`${widest}a`)).toMatch(/^%h[\w-]{43}$/);
    expect(encodeScalar(`${widest}a`)).not.toBe(encodeScalar(`${widest}b`));
  });
});

describe("S21: the end of a sort key that somebody else wrote", () => {
  const last = "1700000000000j@abcdef";

  it.each([
    ["an id that is no number", "connection#c#subscription#%nabc", last],
    ["an id written in another way", "connection#c#subscription#%n01", last],
    ["an id without text", "connection#c#subscription#", last],
    ["an id that is too long", `connection#c#subscription#${"i".repeat(65)}`, last],
    ["a time beyond whole numbers", "connection#c#subscription#%n1", "9007199254740993@abcdef"],
    ["something before the time", "connection#c#subscription#%n1", `x${last}`],
    ["something behind the API", "connection#c#subscription#%n1", `${last}g`],
  ])("with %s is none of ours", (_, subscriber, end) => {
    expect(parseRouteSortKey(`connection#c#subscription#%n1#${last}`)).toBeDefined();
    expect(parseRouteSortKey(`${subscriber}#${end}`)).toBeUndefined();
  });
});

describe.each([undefined, "stage", "connection#"])("S21: in namespace %o", (namespace) => {
  const keys = keysOf(namespace);
  const owner = keys.subscription("c", 1);
  const sortKey = (connectionId: string, id: string | number, filter?: string): string => {
    const subscriber = { connectionId, id, jsonrpc: false };
    return routeSortKey(filter, { subscriber, requestTimeMs: 1, api });
  };
  const own = { pk: keys.path("p", 0), sk: sortKey("c", 1) };

  it("the routes of a subscription are its own, by whatever filter and in whatever shard", () => {
    expect(isRouteOf(owner, own)).toBe(true);
    expect(isRouteOf(owner, { ...own, pk: keys.path("q", 7) })).toBe(true);
    expect(isRouteOf(owner, { ...own, sk: sortKey("c", 1, "name#f#ctx#v#1#") })).toBe(true);
  });

  it.each([
    ["another subscription", sortKey("c", 11)],
    ["the same id as text", sortKey("c", "1")],
    ["another connection", sortKey("cc", 1)],
    ["a connection in the middle of a segment", `x${sortKey("c", 1)}`],
    ["a filter's value that looks like it", `name#f#ctx#v#${sortKey("c", 1)}#${sortKey("d", 1)}`],
    ["nothing behind it", sortKey("c", 1).slice(0, -"#1@abcdef".length)],
  ])("a route of %s is not", (_, sk) => {
    expect(isRouteOf(owner, { ...own, sk })).toBe(false);
  });

  it.each([
    ["another namespace", keysOf("other").path("p", 0)],
    ["a connection", owner.pk],
    ["nothing", ""],
  ])("a row in the partition of %s is not", (_, pk) => {
    expect(isRouteOf(owner, { ...own, pk })).toBe(false);
  });
});

it("S21: a row that belongs to no connection has no routes", () => {
  const noOwner = { pk: "path#p", sk: "subscription#%n1" };
  const row = { pk: "path#path#", sk: "p#subscription#%n1#1@abcdef" };
  expect(isRouteOf(noOwner, row)).toBe(false);
});
