import { createRequire } from "node:module";
import { type AnyTRPCRouter, initTRPC, tracked } from "@trpc/server";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { InvalidDataError, PayloadTooLargeError } from "../../../src/errors.ts";
import { dataFrame } from "../../../src/protocol/serverMessage.ts";
import { serializeEvent } from "../../../src/publisher/event.ts";
import * as newest from "../../trpc-latest/server.ts";

const json = initTRPC.create().router({});
const rich = initTRPC.create({ transformer: superjson }).router({});
const commonJs: typeof newest = createRequire(import.meta.url)("@trpc/server");

const frameOf = (data: unknown, router: AnyTRPCRouter = json): unknown =>
  JSON.parse(dataFrame({ id: 1, jsonrpc: false }, serializeEvent(router, "p", data)));
const result = (data: unknown) => ({ id: 1, result: { type: "data", data } });

describe("serializeEvent", () => {
  it.each([
    ["text", "text"],
    [null, null],
    [0, 0],
    [{ a: [1, { b: false }] }, { a: [1, { b: false }] }],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [
      ["a", "b", "c"],
      ["a", "b", "c"],
    ],
  ])("puts %j into a data frame", (data, sent) => {
    expect(frameOf(data)).toEqual(result(sent));
  });

  it("sends undefined as tRPC does, without the key", () => {
    expect(frameOf(undefined)).toEqual({ id: 1, result: { type: "data" } });
  });

  it("uses the router's transformer", () => {
    const { json: data, meta } = superjson.serialize({ at: new Date(0), big: 1n });
    expect(frameOf({ at: new Date(0), big: 1n }, rich)).toEqual(result({ json: data, meta }));
  });
});

describe.each([
  ["ESM build", tracked],
  ["CommonJS build", commonJs.tracked],
  ["newest version", newest.tracked],
] as const)("a value tracked by the %s of tRPC", (_, track) => {
  it("is sent with its id, as tRPC's own server does", () => {
    expect(frameOf(track("e1", { a: 1 }))).toEqual({
      id: 1,
      result: { type: "data", id: "e1", data: { id: "e1", data: { a: 1 } } },
    });
  });

  it("goes through the transformer as a whole", () => {
    expect(frameOf(track("e1", 1n), rich)).toEqual({
      id: 1,
      result: { type: "data", id: "e1", data: superjson.serialize({ id: "e1", data: 1n }) },
    });
  });
});

it("takes an array of three for what it is unless the last is tRPC's mark", () => {
  expect(frameOf(["e1", { a: 1 }, null])).toEqual(result(["e1", { a: 1 }, null]));
  expect(frameOf([1, 2, Symbol("a")])).toEqual(result([1, 2, null]));
});

const circular: Record<string, unknown> = { list: [{ name: "a" }] };
circular["self"] = { again: circular };
const list: unknown[] = [];
list.push([list]);
const shared = { n: 1 };

describe("data that cannot be serialised", () => {
  it.each([
    ["a bigint", 1n, "data"],
    ["a bigint inside", { a: [1, { b: 2n }] }, "data.a.1.b"],
    ["a bigint beside a value used twice", { a: shared, b: shared, c: 1n }, "data.c"],
    ["a circle", circular, "data.self.again"],
    ["a circle of arrays", list, "data.0.0"],
    ["a bigint in a tracked value", tracked("e1", { a: 1n }), "data.1.a"],
    [
      "a getter that throws",
      {
        get secret() {
          throw new Error("locked");
        },
      },
      "data.secret",
    ],
    [
      "a toJSON that throws",
      {
        a: {
          toJSON() {
            throw new Error("locked");
          },
        },
      },
      "data",
    ],
  ])("names the place of %s", (_, data, place) => {
    const serialize = () => serializeEvent(json, "chat.onMessage", data);
    expect(serialize).toThrow(InvalidDataError);
    expect(serialize).toThrow(expect.objectContaining({ path: "chat.onMessage", place }));
    expect(serialize).toThrow(`publish to "chat.onMessage": ${place} cannot be serialised`);
  });

  it("keeps what JSON or the transformer said", () => {
    const serialize = () => serializeEvent(json, "p", 1n);
    expect(serialize).toThrow(expect.objectContaining({ cause: expect.any(TypeError) }));
  });
});

/** The longest frame that stock clients get around their data: 16 digits of id, and the echo of `jsonrpc`. */
const ENVELOPE = '{"id":-9007199254740991,"jsonrpc":"2.0","result":{"type":"data","data":""}}'
  .length;
const MAX_BYTES = 131_072;

describe("size", () => {
  it.each([
    ["x", 1],
    ["é", 2],
    ["€", 3],
    ["👩", 4],
    ["\u0001", 6],
  ])("counts %j as %i bytes and stops after 131,072 with the envelope", (character, bytes) => {
    const fitting = Math.floor((MAX_BYTES - ENVELOPE) / bytes);
    const padding = "x".repeat(MAX_BYTES - ENVELOPE - fitting * bytes);
    const full = padding + character.repeat(fitting);
    const event = serializeEvent(json, "p", full);
    const frame = dataFrame({ id: Number.MIN_SAFE_INTEGER, jsonrpc: true }, event);
    expect(Buffer.byteLength(frame)).toBe(MAX_BYTES);
    serializeEvent(json, "p", full.slice(1));
    const over = () => serializeEvent(json, "p", `x${full}`);
    expect(over).toThrow(PayloadTooLargeError);
    expect(over).toThrow(expect.objectContaining({ bytes: MAX_BYTES + 1, maxBytes: MAX_BYTES }));
  });
});
