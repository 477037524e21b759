import { expect, it } from "vitest";
import { readClientFrame } from "../../../src/protocol/clientMessage.ts";

const one = (message: unknown) => {
  const frame = readClientFrame(JSON.stringify(message));
  if (frame.kind !== "messages") throw new Error(`read as ${frame.kind}`);
  expect(frame.messages).toHaveLength(1);
  return frame.messages[0];
};

/** A request that is right but for `fields`; `undefined` leaves a field out. */
const request = (fields: object) => ({
  id: 1,
  method: "query",
  params: { path: "a.b" },
  ...fields,
});

it("reads what a stock client sends", () => {
  expect(one({ id: 1, method: "query", params: { input: { x: 1 }, path: "a.b" } })).toEqual({
    kind: "request",
    type: "query",
    replyTo: { id: 1, jsonrpc: false },
    path: "a.b",
    rawInput: { x: 1 },
    lastEventId: undefined,
  });
  expect(
    one({
      jsonrpc: "2.0",
      id: "x",
      method: "subscription",
      params: { path: "s", lastEventId: "e1" },
    }),
  ).toEqual({
    kind: "request",
    type: "subscription",
    replyTo: { id: "x", jsonrpc: true },
    path: "s",
    rawInput: undefined,
    lastEventId: "e1",
  });
  expect(one({ id: 3, method: "subscription.stop" })).toEqual({
    kind: "stop",
    replyTo: { id: 3, jsonrpc: false },
  });
  expect(one({ method: "connectionParams", data: { token: "t" } })).toEqual({
    kind: "connectionParams",
    data: { token: "t" },
    wantsAnswer: false,
  });
  expect(one({ method: "connectionParams", data: null })).toEqual({
    kind: "connectionParams",
    data: null,
    wantsAnswer: false,
  });
});

it("T9: takes PING and PONG as bare text alone", () => {
  expect(readClientFrame("PING")).toEqual({ kind: "ping" });
  expect(readClientFrame("PONG")).toEqual({ kind: "pong" });
  for (const text of ["ping", " PING", "PING\n"]) {
    expect(readClientFrame(text).kind).toBe("malformed");
  }
  expect(readClientFrame('"PING"').kind).toBe("messages");
});

it.each(["", " ", "{", "[", "nul", "undefined", "NaN", "{'id':1}", "{}{}", "\u0000", "﻿{", "[1,]"])(
  "C17: %j is malformed, not an exception",
  (text) => {
    expect(readClientFrame(text)).toEqual({
      kind: "malformed",
      problem: "the frame is not JSON",
    });
  },
);

it.each<[what: string, message: unknown, id: unknown]>([
  ["null", null, null],
  ["a number", 5, null],
  ["text", "PING", null],
  ["true", true, null],
  ["an array in an array", [[1]], null],
  ["no members", {}, null],
  ["no id", request({ id: undefined }), null],
  ["a null id", request({ id: null }), null],
  ["a boolean id", request({ id: true }), null],
  ["an object id", request({ id: { a: 1 } }), null],
  ["an array id", request({ id: [1] }), null],
  ["a fraction as id", request({ id: 1.5 }), null],
  ["an unsafe integer as id", request({ id: 2 ** 53 }), null],
  ["an endless number as id", JSON.parse('{"id":1e400,"method":"query"}'), null],
  ["an empty text as id", request({ id: "" }), null],
  ["an id of 65 bytes", request({ id: "x".repeat(65) }), null],
  ["an id of 33 two-byte characters", request({ id: "é".repeat(33) }), null],
  ["an id of 100 KB", request({ id: "x".repeat(100_000) }), null],
  ["an id with half a surrogate pair", request({ id: "\ud800" }), null],
  ["an id that escapes to 66 bytes", request({ id: "#".repeat(22) }), null],
  ["another jsonrpc", request({ jsonrpc: "1.0" }), 1],
  ["a numeric jsonrpc", request({ jsonrpc: 2 }), 1],
  ["no method", request({ method: undefined }), 1],
  ["an unknown method", request({ method: "publish" }), 1],
  ["a method that every object has", request({ method: "constructor" }), 1],
  ["__proto__ as method", request({ method: "__proto__" }), 1],
  ["a method in capitals", request({ method: "QUERY" }), 1],
  ["a method that is no text", request({ method: ["query"] }), 1],
  ["the server's own method", request({ method: "reconnect" }), 1],
  ["no params", request({ params: undefined }), 1],
  ["null params", request({ params: null }), 1],
  ["text as params", request({ params: "a.b" }), 1],
  ["an array as params", request({ params: ["a.b"] }), 1],
  ["no path", request({ params: {} }), 1],
  ["a numeric path", request({ params: { path: 1 } }), 1],
  ["an array as path", request({ params: { path: ["a", "b"] } }), 1],
  ["a numeric lastEventId", request({ params: { path: "a", lastEventId: 1 } }), 1],
  ["a null lastEventId", request({ params: { path: "a", lastEventId: null } }), 1],
  ["an object as lastEventId", request({ params: { path: "a", lastEventId: {} } }), 1],
  ["a stop without an id", { method: "subscription.stop" }, null],
])("S7: %s is invalid and answered to the id that can be read", (_what, message, id) => {
  expect(one(message)).toEqual({
    kind: "invalid",
    replyTo: { id, jsonrpc: false },
    problem: expect.any(String),
  });
});

it.each([
  0,
  -1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  "x",
  "x".repeat(64),
  "é".repeat(32),
  "#",
  "__proto__",
  "constructor",
  "1",
])("T1: the id %j is read with its type", (id) => {
  expect(one(request({ id }))).toMatchObject({ kind: "request", replyTo: { id } });
});

it("S7: says what is wrong", () => {
  expect(one(request({ params: ["a.b"] }))).toMatchObject({
    problem: "`params` must be an object",
  });
  expect(one(request({ params: {} }))).toMatchObject({
    problem: "`params.path` must be a string",
  });
});

it("T13: tells a missing id as tRPC's own server does", () => {
  expect(one({ id: null, method: "query" })).toMatchObject({ problem: "`id` is required" });
});

it("one bad member leaves the others of an array as they are", () => {
  const frame = readClientFrame(JSON.stringify([1, request({}), request({ id: 2, method: "x" })]));
  expect(frame).toMatchObject({
    kind: "messages",
    messages: [
      { kind: "invalid", replyTo: { id: null } },
      { kind: "request", replyTo: { id: 1 } },
      { kind: "invalid", replyTo: { id: 2 } },
    ],
  });
  expect(readClientFrame("[]")).toEqual({ kind: "messages", messages: [] });
});
