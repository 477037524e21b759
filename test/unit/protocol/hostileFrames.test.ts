import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_JSON_DEPTH, readClientFrame } from "../../../src/protocol/clientMessage.ts";
import { codePoint } from "../../codePoint.ts";

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

describe("S3: keys of the prototype", () => {
  it("are data: they neither supply members nor change objects", () => {
    const polluting = '{"__proto__":{"id":1,"method":"query","params":{"path":"a"},"admin":true}}';
    expect(readClientFrame(polluting)).toMatchObject({
      messages: [{ kind: "invalid", replyTo: { id: null } }],
    });
    expect(Reflect.get({}, "admin")).toBeUndefined();
  });

  it("stay inside the input", () => {
    const text =
      '{"id":1,"method":"query","params":{"path":"a","input":{"__proto__":{"admin":true}}}}';
    const frame = readClientFrame(text);
    if (frame.kind !== "messages" || frame.messages[0]?.kind !== "request") throw new Error("bad");
    const { rawInput } = frame.messages[0];
    expect(Object.getPrototypeOf(rawInput)).toBe(Object.prototype);
    expect(Object.hasOwn(rawInput as object, "__proto__")).toBe(true);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("%s is a path", (path) => {
    const text = JSON.stringify({ id: 1, method: "query", params: { path } });
    expect(readClientFrame(text)).toMatchObject({ messages: [{ kind: "request", path }] });
  });
});

describe("S5: depth", () => {
  it.each([1, MAX_JSON_DEPTH])("%i levels are read", (levels) => {
    expect(readClientFrame(nested(levels)).kind).toBe("messages");
  });

  it.each([MAX_JSON_DEPTH + 1, 1_000, 60_000])("%i levels are malformed", (levels) => {
    expect(readClientFrame(nested(levels))).toEqual({
      kind: "malformed",
      problem: "the JSON is nested deeper than 64 levels",
    });
  });

  it("counts the deepest of many branches, objects too", () => {
    const wide = JSON.stringify(Array.from({ length: 5_000 }, () => ({ a: [1] })));
    expect(readClientFrame(wide).kind).toBe("messages");
    const objects = `${'{"a":'.repeat(70)}1${"}".repeat(70)}`;
    expect(readClientFrame(`[1,2,${objects}]`).kind).toBe("malformed");
  });
});

describe("for whatever text", () => {
  const mutated = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(200), fc.string({ maxLength: 3 }))
    .map(([json, at, piece]) => json.slice(0, at) + piece + json.slice(at));
  const envelope = fc.record(
    {
      id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue(), fc.double()),
      jsonrpc: fc.oneof(fc.constant("2.0"), fc.jsonValue()),
      method: fc.oneof(
        fc.constantFrom("query", "mutation", "subscription", "subscription.stop", "__proto__"),
        fc.jsonValue(),
      ),
      params: fc.oneof(
        fc.jsonValue(),
        fc.record({ path: fc.jsonValue(), input: fc.jsonValue(), lastEventId: fc.jsonValue() }),
      ),
    },
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.json(),
    mutated,
    envelope.map((message) => JSON.stringify(message)),
    fc.array(envelope).map((messages) => JSON.stringify(messages)),
  );

  it("never throws, and every member gets exactly one reading", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const frame = readClientFrame(text);
        if (frame.kind !== "messages") return;
        const json: unknown = JSON.parse(text);
        expect(frame.messages).toHaveLength(Array.isArray(json) ? json.length : 1);
        for (const message of frame.messages) {
          if (message.kind === "connectionParams") continue;
          const { id } = message.replyTo;
          const isId = typeof id === "string" || Number.isSafeInteger(id);
          expect(message.kind === "invalid" ? id === null || isId : isId).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
