import { describe, expect, it } from "vitest";
import { TableError } from "../../../src/errors.ts";
import { allOf, anyOf } from "../../../src/store/dynamodb/conditions.ts";
import {
  activeItem,
  encodeParams,
  fromError,
  type Item,
  numberOf,
  openConnectionItem,
  textOf,
  toConnection,
  toCount,
  toSubscriptionRow,
} from "../../../src/store/dynamodb/items.ts";
import { keysOf, routeSortKey } from "../../../src/store/keys.ts";
import type { ConnectionParams } from "../../../src/store/types.ts";
import { API, frame } from "../../../src/testing/store/world.ts";

const keys = keysOf(undefined);
const now = 1_700_000_000;
const reading = { tableName: "chat", now };
const times = { connectedAt: now * 1_000, expireAt: now + 60 };
const fresh = { connectionId: "c", api: API, paramsExpected: true, ...times };
const open = openConnectionItem(keys.connection("c"), fresh, times.expireAt);
const read = (fields: Item = {}) => toConnection("c", { ...open, ...fields }, reading);

describe("a connection's item", () => {
  it("is read as it was stored, with nothing more", () => {
    expect(read()).toStrictEqual(fresh);
    const withSession = openConnectionItem(
      keys.connection("c"),
      { ...fresh, session: "{}", paramsExpected: false },
      times.expireAt,
    );
    const connection = toConnection("c", withSession, reading);
    expect(connection).toStrictEqual({ ...fresh, session: "{}", paramsExpected: false });
    expect(Object.keys(open)).not.toContain("session");
  });

  it.each<Item>([{ state: "CLOSED" }, { state: undefined }, { expireAt: now }, { expireAt: "x" }])(
    "is none with %o",
    (fields) => {
      expect(read(fields)).toBeUndefined();
    },
  );

  it("is none where there is none, and counts to its last second", () => {
    expect(toConnection("c", undefined, reading)).toBeUndefined();
    expect(read({ expireAt: now + 1 })).toBeDefined();
  });

  it.each<ConnectionParams | "invalid">([null, "invalid", {}, { token: "t", "": "" }])(
    "gives the connectionParams %j back",
    (params) => {
      expect(read({ connectionParams: encodeParams(params) })?.connectionParams).toEqual(params);
    },
  );

  it.each(["", "{", "[]", '["a"]', '"other"', "7", "true", '{"a":1}', '{"a":"x","b":null}'])(
    "S21: with connectionParams %j was written by somebody else, and they are not quoted",
    (connectionParams) => {
      const reason = 'of table "chat" has connectionParams that somebody else wrote';
      expect(() => read({ connectionParams })).toThrow(TableError);
      expect(() => read({ connectionParams })).toThrow(reason);
    },
  );

  it("S21: has no API where that is no text", () => {
    expect(read({ apiId: 1, stage: null })?.api).toEqual({ apiId: "", stage: "" });
    expect(read({ paramsExpected: "yes" })?.paramsExpected).toBe(false);
  });

  it("says how many subscriptions it has, and how often that was corrected", () => {
    expect(toCount(open)).toEqual({ subscriptions: 0, recounts: 0 });
    expect(toCount({ subscriptions: 3, recounts: 2 })).toEqual({ subscriptions: 3, recounts: 2 });
  });
});

describe("a subscription's item", () => {
  const key = keys.subscription("c", 1);
  const subscriber = { connectionId: "c", id: 1, jsonrpc: false };
  const route = {
    pk: keys.path("p", 0),
    sk: routeSortKey(undefined, { subscriber, requestTimeMs: 1, api: API }),
  };
  const sent = frame({ path: "p", hookState: "{}" });
  const item = activeItem(key, sent, { routes: [route], expireAt: now });

  it("is read as it was stored", () => {
    const { requestTimeMs, messageId } = sent;
    expect(toSubscriptionRow("c", item)).toStrictEqual({
      state: "ACTIVE",
      requestTimeMs,
      messageId,
      expireAt: now,
      routes: [route],
      stored: { connectionId: "c", id: 1, requestTimeMs, path: "p", hookState: "{}" },
    });
  });

  it("of a stop alone has neither message, hook state, path nor routes", () => {
    const tombstone = { ...key, state: "STOPPED", requestTimeMs: 5, expireAt: now };
    expect(toSubscriptionRow("c", tombstone)).toStrictEqual({
      state: "STOPPED",
      requestTimeMs: 5,
      expireAt: now,
      routes: [],
      stored: { connectionId: "c", id: 1, requestTimeMs: 5, path: "" },
    });
    expect(Object.keys(activeItem(key, frame(), { routes: [], expireAt: now }))).not.toContain(
      "hookState",
    );
  });

  it("S21: names no routes but its own, whatever stands there", () => {
    const other = { ...route, sk: route.sk.replace("connection#c#", "connection#d#") };
    const routes: readonly unknown[] = [
      "text",
      null,
      [],
      [1, route.sk],
      [route.pk, 1],
      [other.pk, other.sk],
      [route.pk, route.sk],
    ];
    expect(toSubscriptionRow("c", { ...item, routes }).routes).toEqual([route]);
    expect(toSubscriptionRow("c", { ...item, routes: "text" }).routes).toEqual([]);
    expect(toSubscriptionRow("c", { ...item, pk: 1, sk: 1 }).routes).toEqual([]);
  });
});

it("the item of an error has the values of our rows, and none of other types", () => {
  const values = {
    text: { S: "" },
    zero: { N: "0" },
    no: { BOOL: false },
    bytes: { B: new Uint8Array() },
  };
  expect(fromError({ ...values, list: { L: [{ L: [{ S: "a" }] }] } })).toStrictEqual({
    ...{ text: "", zero: 0, no: false },
    ...{ bytes: undefined, list: [["a"]] },
  });
});

it("S21: an attribute of another type counts as absent", () => {
  expect(textOf({ path: 1 }, "path")).toBeUndefined();
  expect(textOf({ path: "" }, "path")).toBe("");
  expect(numberOf({ expireAt: "5" }, "expireAt")).toBe(0);
  expect(numberOf({ expireAt: 5 }, "expireAt")).toBe(5);
});

it("conditions are joined as they are read, whatever is in them", () => {
  expect(allOf("a OR b", "c")).toBe("(a OR b) AND (c)");
  expect(anyOf("a AND b", "c")).toBe("(a AND b) OR (c)");
});
