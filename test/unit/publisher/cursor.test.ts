import { createHmac, randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CursorError } from "../../../src/errors/fanOut.ts";
import { openCursor, type Sealed, sealCursor } from "../../../src/publisher/cursor.ts";
import type { Route } from "../../../src/store/types.ts";
import { codePoint } from "../../codePoint.ts";

const NOW_MS = 1_700_000_000_000;
const LIFETIME_MS = (2 * 60 + 15) * 60_000;
const secret = "the table's secret";
const at = { secret, nowMs: NOW_MS };

const sealed: Sealed = {
  job: {
    id: "publish-1",
    part: "0",
    path: "chat.onMessage",
    keys: ["name#byUser#ctx#userId#7#", "name#byRoom#input#room#é👩#"],
    position: { key: 1, after: [{ pk: "path#chat#0", sk: "name#byRoom#…#connection#a#" }] },
    pending: [],
    issuedAtMs: NOW_MS,
  },
  event: '"result":{"type":"data","data":"hi \u2028 👩"}',
};
const cursor = sealCursor(sealed, secret);

/** What is wrong with a cursor. */
function problemOf(bad: unknown, how: typeof at = at): string {
  try {
    openCursor(bad, how);
  } catch (error) {
    if (error instanceof CursorError) return error.problem;
    throw error;
  }
  return "none";
}

/** A cursor of this body that we would have signed. */
function signed(body: string, version = "v1", key = secret): string {
  const signature = createHmac("sha256", key).update(`${version}.${body}`).digest("base64url");
  return `${version}.${body}.${signature}`;
}

const text = fc.oneof(fc.string(), fc.string({ unit: codePoint }));
const rowKey = fc.record({ pk: text, sk: text });
const job = fc.record(
  {
    id: text,
    part: text,
    path: text,
    keys: fc.array(fc.option(text, { nil: undefined }), { maxLength: 4 }),
    position: fc.record({ key: fc.nat(), after: fc.array(rowKey, { maxLength: 3 }) }),
    pending: fc.array(
      fc.record({
        subscriber: fc.record({
          connectionId: text,
          id: fc.oneof(fc.integer(), text),
          jsonrpc: fc.boolean(),
        }),
        requestTimeMs: fc.nat(),
        key: rowKey,
      }),
      { maxLength: 3 },
    ),
    issuedAtMs: fc.integer({ min: NOW_MS - LIFETIME_MS, max: NOW_MS }),
    shard: fc.nat(),
  },
  { requiredKeys: ["id", "part", "path", "keys", "position", "pending", "issuedAtMs"] },
);

describe("a cursor", () => {
  it("comes back as it was", () => {
    expect(openCursor(cursor, at)).toEqual(sealed);
    const property = fc.property(job, fc.option(text, { nil: undefined }), (one, event) => {
      const given = { job: one, ...(event !== undefined && { event }) };
      const back = openCursor(sealCursor(given, secret), at);
      expect(back).toStrictEqual(JSON.parse(JSON.stringify(given), reviveKeys));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("keeps the key that means everybody, which JSON has not", () => {
    const everybody = { ...sealed, job: { ...sealed.job, keys: [undefined] } };
    expect(openCursor(sealCursor(everybody, secret), at).job.keys).toStrictEqual([undefined]);
  });

  it("is text that may travel anywhere", () => {
    expect(cursor).toMatch(/^v1\.[\w-]+\.[\w-]{43}$/);
  });

  it("is no larger than it must be", () => {
    const event = `"result":{"type":"data","data":"${randomBytes(100).toString("hex")}"}`;
    const one = sealCursor({ ...sealed, event }, secret);
    expect(one.length).toBeLessThanOrEqual(1_000);
    const pending = Array.from({ length: 256 }, (_, index): Route => {
      const connectionId = randomBytes(11).toString("base64");
      const requestTimeMs = NOW_MS - 61 * index;
      const sk = `name#byUser#ctx#userId#7#input#connection#${connectionId}#${index}#${requestTimeMs}#a1b2c3d4e5#`;
      const subscriber = { connectionId, id: index, jsonrpc: false };
      return { subscriber, requestTimeMs, key: { pk: "path#chat.onMessage#0", sk } };
    });
    const most = sealCursor({ event, job: { ...sealed.job, pending } }, secret);
    expect(most.length).toBeLessThanOrEqual(20_000);
  });
});

function reviveKeys(key: string, value: unknown): unknown {
  return key === "keys" && Array.isArray(value) ? value.map((each) => each ?? undefined) : value;
}

const [version = "", body = "", signature = ""] = cursor.split(".");
const other = (character: string) => (character === "A" ? "B" : "A");

describe("S3: no cursor is", () => {
  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a number", 7],
    ["true", true],
    ["an object", { cursor }],
    ["an array of one", [cursor]],
    ["a String object", Object(cursor)],
    ["bytes", Buffer.from(cursor)],
    ["empty", ""],
    ["a word", "cursor"],
    ["dots", ".."],
    ["more dots", "....."],
    ["without its signature", `${version}.${body}`],
    ["with a part too many", `${cursor}.`],
    ["with a part before it", `v1.${cursor}`],
    ["another version's", cursor.replace("v1", "v2")],
    ["another version's, signed by us", signed(body, "v2")],
    ["version 01", cursor.replace("v1", "v01")],
    ["version V1", cursor.replace("v1", "V1")],
    ["with a space before it", ` ${cursor}`],
    ["JSON", JSON.stringify(sealed)],
    ["huge", "x".repeat(10_000_000)],
    ["huge dots", ".".repeat(1_000_000)],
  ])("%s: malformed", (_, bad) => {
    expect(problemOf(bad)).toBe("malformed");
  });

  it.each([
    ["signed by another table", sealCursor(sealed, "another secret")],
    ["signed with nothing", signed(body, "v1", "")],
    ["without a body", `v1..${signature}`],
    ["with an empty signature", `v1.${body}.`],
    ["with nothing but dots", "v1.."],
    ["with a shorter signature", cursor.slice(0, -1)],
    ["with a longer signature", `${cursor}A`],
    ["with padding", `${cursor}=`],
    ["with a line break", `${cursor}\n`],
    ["in the other base64 alphabet", `v1.${toBase64(body)}.${toBase64(signature)}`],
    [
      "with a signature in hex",
      `v1.${body}.${Buffer.from(signature, "base64url").toString("hex")}`,
    ],
    ["in capitals", `v1.${body.toUpperCase()}.${signature}`],
    ["with the signature of another body", `v1.${body}.${signatureOfOther()}`],
    ["signed without its version", `v1.${body}.${plainSignature()}`],
    ["with a signature of wide characters", `v1.${body}.${"é".repeat(43)}`],
    ["huge", `v1.${"A".repeat(5_000_000)}.${signature}`],
  ])("%s: forged", (_, bad) => {
    expect(problemOf(bad)).toBe("forged");
  });
});

describe("S3: nor is", () => {
  it("one with any character changed, left out or put in", () => {
    for (let index = 0; index < cursor.length; index++) {
      const changed =
        cursor.slice(0, index) + other(cursor.charAt(index)) + cursor.slice(index + 1);
      expect(problemOf(changed)).not.toBe("none");
      const shorter = cursor.slice(0, index) + cursor.slice(index + 1);
      expect(problemOf(shorter)).not.toBe("none");
      expect(problemOf(cursor.slice(0, index))).not.toBe("none");
    }
  });

  it("one whose unused last bits were changed", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let same = 0;
    for (const [before, part, after] of [
      [`v1.${body}.`, signature, ""],
      ["v1.", body, `.${signature}`],
    ] as const) {
      for (const last of alphabet) {
        const changed = part.slice(0, -1) + last;
        if (changed === part) continue;
        const bytes = Buffer.from(changed, "base64url");
        if (bytes.equals(Buffer.from(part, "base64url"))) same++;
        expect(problemOf(before + changed + after)).toBe("forged");
      }
    }
    expect(same).toBeGreaterThanOrEqual(3);
  });

  it("any text", () => {
    const anything = fc.oneof(fc.string(), fc.anything(), fc.string({ unit: codePoint }));
    const property = fc.property(anything, (bad) => {
      expect(["malformed", "forged"]).toContain(problemOf(bad));
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it("one that is too old, to the millisecond", () => {
    const end = NOW_MS + LIFETIME_MS;
    expect(problemOf(cursor, { secret, nowMs: end })).toBe("none");
    expect(problemOf(cursor, { secret, nowMs: end + 1 })).toBe("expired");
  });

  it("a way into prototypes, even with our signature", () => {
    const json = JSON.stringify(sealed);
    const keys = `"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},`;
    const hostile = json.replace('{"job":{', `{${keys}"job":{${keys}`);
    const opened = openCursor(signed(deflateRawSync(hostile).toString("base64url")), at);
    expect("polluted" in {}).toBe(false);
    expect("polluted" in opened.job).toBe(false);
    expect("polluted" in opened).toBe(false);
  });

  it("told more about than its problem", () => {
    const tell = () => openCursor(`${cursor}A`, at);
    expect(tell).toThrow("the cursor was changed, or belongs to another table or namespace.");
    expect(tell).toThrow(expect.objectContaining({ code: "INVALID_CURSOR" }));
    expect(tell).not.toThrow(signature);
  });
});

function toBase64(base64url: string): string {
  return Buffer.from(base64url, "base64url").toString("base64");
}

function signatureOfOther(): string {
  return sealCursor({ ...sealed, event: "other" }, secret).split(".")[2] ?? "";
}

function plainSignature(): string {
  return createHmac("sha256", secret).update(body).digest("base64url");
}
