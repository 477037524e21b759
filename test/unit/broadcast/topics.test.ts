import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LONGEST_TOPIC_LEVELS } from "../../../src/broadcast/broker.ts";
import { secretKeys } from "../../../src/broadcast/secret.ts";
import { readableLevel, topicLevels } from "../../../src/broadcast/topicLevels.ts";
import { BuilderError } from "../../../src/errors.ts";
import { filterKey } from "../../../src/store/filterKeys.ts";

const SECRET = "a secret of thirty-two bytes or more";
const [{ topics: key }] = secretKeys(SECRET, "test/app/dev");

describe("a level of a topic", () => {
  it.each([
    ["mySubscription", "mySubscription"],
    ["a", "a"],
    ["x".repeat(40), "x".repeat(40)],
    ["by-user", "by-user"],
  ])("is the name %s as it is", (name, level) => {
    expect(readableLevel(name)).toBe(level);
  });

  it.each(["chat.onMessage", "x".repeat(41), "a_b", "-a", "a-", "über", "…", "a/b", "+", "#", "*"])(
    "is short and legal for the name %s",
    (name) => {
      expect(readableLevel(name)).toMatch(/^[A-Za-z0-9][A-Za-z0-9-]{0,29}-x[a-z2-7]{8}$/);
    },
  );

  it("is another one for a name that is made to look like it", () => {
    const level = readableLevel("chat.onMessage");
    expect(readableLevel(level)).not.toBe(level);
  });

  it("is no longer than its bound, and of the same characters, for any names", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (path, name) => {
        const filter = filterKey({ name: name || "f", ctx: [] });
        const levels = topicLevels(key, { path, filter });
        for (const part of ["route", "audience", "tag"] as const) {
          expect(levels[part]).toMatch(/^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/);
          expect(levels[part].length).toBeLessThanOrEqual(LONGEST_TOPIC_LEVELS[part].length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("the tag of a topic", () => {
  const tagOf = (path: string, filter?: string) => topicLevels(key, { path, filter }).tag;

  it("is 160 bits of an HMAC, as RFC 4648 writes them", () => {
    // printf 'topic#news#' | openssl dgst -sha256 -hmac key -binary | head -c 20 | base32
    const known = topicLevels(Buffer.from("key"), { path: "news", filter: undefined });
    expect(known).toEqual({
      route: "news",
      audience: "all",
      tag: "iosfwzfd52zc2edrwv7bqetqyegelkon",
    });
  });

  it("differs by route, filter, field, type and value", () => {
    const values = ["1", 1, true, "true", null, "null", 1n, "%n1", "a#b", "a", "", "%*"] as const;
    const keys = values.flatMap((value) => [
      filterKey({ name: "f", ctx: [["a", value]] }),
      filterKey({ name: "f", ctx: [], input: [["a", value]] }),
      filterKey({ name: "g", ctx: [["a", value]] }),
      filterKey({ name: "f", ctx: [["b", value]] }),
    ]);
    const every = filterKey({ name: "f", ctx: [["a", { every: true }]] });
    const tags = [undefined, every, ...keys].flatMap((filter) => [
      tagOf("news", filter),
      tagOf("news.f", filter),
    ]);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it("differs by secret, and by stage with the same secret", () => {
    const of = (secret: string, scope: string) =>
      topicLevels(secretKeys(secret, scope)[0].topics, { path: "news", filter: undefined }).tag;
    const tags = [
      of(SECRET, "test/app/dev"),
      of(SECRET, "test/app/prod"),
      of(`${SECRET}!`, "test/app/dev"),
    ];
    expect(new Set(tags).size).toBe(3);
  });
});

describe("a secret", () => {
  it.each([
    ["31 bytes", "x".repeat(31)],
    ["nothing", ""],
    ["undefined", undefined],
    ["a list with a short one", [SECRET, "short"]],
    ["an empty list", []],
    ["a number", 1],
  ])("of %s is refused", (_, secret) => {
    expect(() => secretKeys(secret as string, "s")).toThrow(BuilderError);
  });

  it("is counted in bytes", () => {
    expect(() => secretKeys("é".repeat(16), "s")).not.toThrow();
  });
});
