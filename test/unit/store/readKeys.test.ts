import fc from "fast-check";
import { expect, it } from "vitest";
import { EventIds, earliestEventId } from "../../../src/protocol/eventId.ts";
import { isWellFormed } from "../../../src/protocol/keyText.ts";
import {
  canonicalFields,
  EVERY_VALUE,
  encodeScalar,
  type FilterField,
  type FilterScalar,
  filterKey,
} from "../../../src/store/filterKeys.ts";
import { keysOf, routeSortKey } from "../../../src/store/keys.ts";
import {
  decodeValue,
  type KeyValue,
  readFilterKey,
  readRowKey,
} from "../../../src/store/readKeys.ts";
import { hostileText, scalar } from "./arbitraries.ts";

const CURSOR = new EventIds(() => 1_700_000_000_000).next();
const API = { apiId: "abc", stage: "prod" };
const namespace = fc.option(
  hostileText.filter((text) => isWellFormed(text)),
  { nil: undefined },
);
const wellFormed = hostileText.filter((text) => isWellFormed(text));
const id = fc.oneof(
  fc.maxSafeInteger(),
  wellFormed.filter((text) => text.length > 0 && encodeURIComponent(text).length < 60),
);

const asRead = (value: FilterScalar): KeyValue => {
  const text = encodeScalar(value);
  return text.startsWith("%h") ? { sha256: text.slice(2) } : Object.is(value, -0) ? 0 : value;
};

function fieldsOf(values: Readonly<Record<string, FilterScalar>>): readonly FilterField[] {
  return canonicalFields(Object.keys(values)).map((field) => [
    field,
    values[field] as FilterScalar,
  ]);
}

const read = (fields: readonly FilterField[]) =>
  fields.map(([field, value]) => [field, asRead(value)]);

it("reads values back", () => {
  fc.assert(
    fc.property(scalar, (value) => {
      expect(decodeValue(encodeScalar(value))).toEqual(asRead(value));
    }),
  );
});

it("reads an optional field that was left out", () => {
  const filter = filterKey({
    name: "f",
    ctx: [["a", EVERY_VALUE]],
    input: [
      ["b", "%*"],
      ["c", EVERY_VALUE],
    ],
  });
  expect(filter).toBe("name#f#ctx#a#%*#input#b#%25*#c#%*#");
  expect(readFilterKey(filter)).toEqual({
    name: "f",
    ctx: [["a", { every: true }]],
    input: [
      ["b", "%*"],
      ["c", { every: true }],
    ],
  });
  expect(readRowKey(undefined, { pk: "path#%*", sk: "connection#c#subscription#1#1@abcdef" })).toBe(
    undefined,
  );
});

it.each(["%nabc", "%n01", "%bmaybe", "%i1.5", "%z1", "%x", "a#b"])(
  "reads no value from %s",
  (text) => {
    expect(decodeValue(text)).toBeUndefined();
  },
);

it("reads connections and subscriptions, in their namespace alone", () => {
  fc.assert(
    fc.property(
      fc.tuple(namespace, namespace),
      wellFormed,
      id,
      ([own, other], connectionId, requestId) => {
        const keys = keysOf(own);
        expect(readRowKey(own, keys.connection(connectionId))).toEqual({
          kind: "connection",
          connectionId,
        });
        expect(readRowKey(own, keys.subscription(connectionId, requestId))).toEqual({
          kind: "subscription",
          connectionId,
          id: Object.is(requestId, -0) ? 0 : requestId,
        });
        if (own === other) return;
        expect(readRowKey(other, keys.connection(connectionId))).toBeUndefined();
      },
    ),
  );
});

const field = wellFormed.filter((name) => name !== "input");
const values = fc.dictionary(field, scalar, { maxKeys: 3, noNullPrototype: true });

it("reads routes with their filters, whatever their values", () => {
  fc.assert(
    fc.property(
      fc.record({
        namespace,
        path: wellFormed,
        name: wellFormed,
        ctx: values,
        input: values,
        id,
      }),
      (one) => {
        const [ctx, input] = [fieldsOf(one.ctx), fieldsOf(one.input)];
        const filter = filterKey({ name: one.name, ctx, input });
        const subscriber = { connectionId: "c#1", id: one.id, jsonrpc: true };
        const pk = keysOf(one.namespace).path(one.path, 2);
        const sk = routeSortKey(filter, { subscriber, requestTimeMs: 17, api: API });
        expect(readRowKey(one.namespace, { pk, sk })).toMatchObject({
          kind: "route",
          path: asRead(one.path),
          shard: 2,
          filterKey: filter,
          filter: { name: one.name, ctx: read(ctx), input: read(input) },
          requestTimeMs: 17,
        });
      },
    ),
  );
});

it("reads the row of every subscriber, which has no filter", () => {
  const subscriber = { connectionId: "c", id: 1, jsonrpc: false };
  const sk = routeSortKey(undefined, { subscriber, requestTimeMs: 1, api: API });
  const parts = readRowKey(undefined, { pk: keysOf(undefined).path("p", 0), sk });
  expect(parts).toMatchObject({ kind: "route", path: "p", shard: 0, subscriber });
  expect(parts).not.toHaveProperty("filter");
  expect(parts).not.toHaveProperty("filterKey");
});

it("reads events with what they were published to, publish keys and quiet notes", () => {
  const cursors = new EventIds(() => 1_700_000_000_000);
  fc.assert(
    fc.property(
      fc.record({ namespace, path: wellFormed, name: wellFormed, ctx: values, input: values }),
      wellFormed,
      (one, text) => {
        const keys = keysOf(one.namespace);
        const path = asRead(one.path);
        const [ctx, input] = [fieldsOf(one.ctx), fieldsOf(one.input)];
        const filter = filterKey({ name: one.name, ctx, input });
        const cursor = cursors.next();
        const readAt = (pk: string) => readRowKey(one.namespace, { pk, sk: cursor });
        expect(readAt(keys.events(one.path, filter))).toEqual({
          kind: "event",
          path,
          filter: { name: one.name, ctx: read(ctx), input: read(input) },
          cursor,
        });
        expect(readAt(keys.events(one.path, undefined))).toEqual({ kind: "event", path, cursor });
        expect(readRowKey(one.namespace, keys.publishKey(one.path, text))).toEqual({
          kind: "publishKey",
          path,
        });
        const quiet = keys.quiet({ path: one.path, filters: [undefined, filter], cursor });
        expect(readRowKey(one.namespace, quiet)).toEqual({ kind: "quietNote", path });
      },
    ),
  );
});

it.each(["", "name", "name#", "nam#a#", "name#a#ctx#f#", "name#a#other#f#v#", "name#a#ctx#f#%n#"])(
  "reads no filter from %j",
  (text) => expect(readFilterKey(text)).toBeUndefined(),
);

it("does not read what an event was published to where somebody else wrote it", () => {
  expect(readRowKey(undefined, { pk: "event#p#name#", sk: CURSOR })).toEqual({
    kind: "event",
    path: "p",
    filter: "unreadable",
    cursor: CURSOR,
  });
});

it.each([
  { pk: "secret#cursor", sk: "secret#cursor" },
  { pk: "fanOut#1", sk: "text" },
  { pk: "connection#a", sk: "connection#b" },
  { pk: "connection#a", sk: "subscription#%nx" },
  { pk: "path#p#x", sk: "connection#a#subscription#1#1@abcdef" },
  { pk: "path#p", sk: "connection#a" },
  { pk: "event#p", sk: CURSOR },
  { pk: "event#%nx#", sk: CURSOR },
  { pk: "event#p#", sk: earliestEventId(0) },
  { pk: "published#p", sk: "published" },
  { pk: "published#p#k", sk: CURSOR },
  { pk: "published#p#k#l", sk: "published" },
  { pk: "quiet#p#a#b", sk: CURSOR },
  { pk: "quiet#p#a", sk: "quiet" },
])("reads nothing of a row of another kind: %j", (key) => {
  expect(readRowKey(undefined, key)).toBeUndefined();
});
