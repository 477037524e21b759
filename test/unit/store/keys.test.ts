import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeText, unescapeText, utf8Bytes } from "../../../src/protocol/keyText.ts";
import { isRequestId, MAX_ID_BYTES } from "../../../src/protocol/requestId.ts";
import { canonicalFields, filterKey, MAX_VALUE_BYTES } from "../../../src/store/filterKeys.ts";
import {
  apiFingerprint,
  fitsSortKey,
  keysOf,
  longestFilterKeyBytes,
  MAX_CONNECTION_ID_BYTES,
  parseRouteSortKey,
  routeSortKey,
  shardOf,
} from "../../../src/store/keys.ts";
import { hostileText, scalar } from "./arbitraries.ts";

const api = { apiId: "a1b2c3d4e5", stage: "prod" };

test("escapeText can be undone", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(unescapeText(escapeText(text))).toBe(text);
    }),
    { numRuns: 20_000 },
  );
});

describe("a route's sort key", () => {
  const textId = hostileText.filter((text) => isRequestId(text));
  const incarnation = fc.record({
    subscriber: fc.record({
      connectionId: fc.oneof(
        hostileText.filter((text) => text.length < 20),
        fc.base64String(),
      ),
      id: fc.oneof(textId, fc.maxSafeInteger()),
      jsonrpc: fc.boolean(),
    }),
    requestTimeMs: fc.nat({ max: 2 ** 45 }),
    api: fc.record({ apiId: fc.string(), stage: fc.string() }),
  });

  test("can be read back, whatever the filter is", () => {
    fc.assert(
      fc.property(incarnation, fc.option(scalar, { nil: undefined }), (of, value) => {
        const filter =
          value === undefined ? undefined : filterKey({ name: "f", ctx: [["v", value]] });
        expect(parseRouteSortKey(routeSortKey(filter, of))).toEqual({
          subscriber: { ...of.subscriber, id: of.subscriber.id === 0 ? 0 : of.subscriber.id },
          requestTimeMs: of.requestTimeMs,
          apiFingerprint: apiFingerprint(of.api),
        });
      }),
      { numRuns: 20_000 },
    );
  });

  test("differs between two subscribers, ids and times", () => {
    fc.assert(
      fc.property(incarnation, incarnation, (a, b) => {
        const equal = parseRouteSortKey(routeSortKey(undefined, a));
        const keysAreEqual = routeSortKey(undefined, a) === routeSortKey(undefined, b);
        expect(keysAreEqual).toBe(
          JSON.stringify(equal) === JSON.stringify(parseRouteSortKey(routeSortKey(undefined, b))),
        );
      }),
      { numRuns: 20_000 },
    );
    const of = { requestTimeMs: 1, api };
    const withId = (id: string | number): string =>
      routeSortKey(undefined, { ...of, subscriber: { connectionId: "c", id, jsonrpc: false } });
    expect(withId(1)).not.toBe(withId("1"));
    expect(withId("%n1")).not.toBe(withId(1));
  });

  test.each([
    "",
    "connection#c",
    "connection#c#subscription#1",
    "connection#c#subscription#1#x@abcdef",
    "connection#c#subscription#1#1@abcde",
    "connection#c#subscription#1#1k@abcdef",
    "connection#c#subscriptions#1#1@abcdef",
    "connections#c#subscription#1#1@abcdef",
    "connection#c#subscription#1#1@abcdef#",
  ])("%o is none", (sk) => {
    expect(parseRouteSortKey(sk)).toBeUndefined();
  });
});

describe("size", () => {
  const widest = (fields: number): { name: string; ctx: string[]; input: string[] } => ({
    name: "userIdAndName",
    ctx: Array.from({ length: fields }, (_, index) => `field${index}`),
    input: [],
  });

  test("is that of the longest key there can be", () => {
    const filter = widest(3);
    const value = "x".repeat(MAX_VALUE_BYTES);
    const longest = routeSortKey(
      filterKey({ name: filter.name, ctx: filter.ctx.map((field) => [field, value]) }),
      {
        subscriber: {
          connectionId: "c".repeat(MAX_CONNECTION_ID_BYTES),
          id: "i".repeat(MAX_ID_BYTES),
          jsonrpc: true,
        },
        requestTimeMs: 1_700_000_000_000,
        api,
      },
    );
    expect(longestFilterKeyBytes(filter)).toBe(utf8Bytes(longest));
  });

  test("five fields fit, seven do not", () => {
    expect(fitsSortKey(widest(5))).toBe(true);
    expect(fitsSortKey(widest(7))).toBe(false);
  });

  test("1,024 bytes fit, 1,025 do not", () => {
    const named = (length: number): ReturnType<typeof widest> => ({
      ...widest(5),
      name: "n".repeat(length),
    });
    const room = 1024 - longestFilterKeyBytes(named(0));
    expect(longestFilterKeyBytes(named(room))).toBe(1024);
    expect(fitsSortKey(named(room))).toBe(true);
    expect(fitsSortKey(named(room + 1))).toBe(false);
  });
});

test("the order of fields does not depend on how they were written", () => {
  expect(canonicalFields(["b", "a", "B", "ä", "10", "9"])).toEqual(
    canonicalFields(["9", "10", "ä", "B", "a", "b"]),
  );
});

describe("partitions", () => {
  test("of two namespaces are never the same", () => {
    const namespace = fc.option(hostileText, { nil: undefined });
    fc.assert(
      fc.property(fc.tuple(namespace, hostileText), fc.tuple(namespace, hostileText), (a, b) => {
        const partitions = ([name, text]: typeof a): string[] => {
          const keys = keysOf(name);
          return [keys.connection(text).pk, keys.path(text, 0), keys.path(text, 1)];
        };
        const shared = partitions(a).filter((pk) => partitions(b).includes(pk));
        expect(shared.length).toBe(a[0] === b[0] && a[1] === b[1] ? 3 : 0);
      }),
      { numRuns: 20_000 },
    );
  });

  test("spread connections evenly over the shards, and always the same way", () => {
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 4000; index += 1) {
      const shard = shardOf(`connection-${index}=`, 4);
      expect(shardOf(`connection-${index}=`, 4)).toBe(shard);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(shardOf("anything", 1)).toBe(0);
  });
});
