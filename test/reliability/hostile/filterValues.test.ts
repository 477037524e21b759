import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { report } from "../figures.ts";
import { filterWorld } from "./filterWorld.ts";

/** A value with the names of the values that are the same to a filter; none where it can be no part of one. */
type Value = readonly [name: string, value: unknown, same: readonly string[]];
const only = (name: string, value: unknown): Value => [name, value, [name]];
const none = (name: string, value: unknown): Value => [name, value, []];

const proto: unknown = JSON.parse('{"__proto__":"Bob"}');

const values: readonly Value[] = [
  only("the number 1", 1),
  only("the text 1", "1"),
  only("the bigint 1", 1n),
  only("true", true),
  only("the text true", "true"),
  only("false", false),
  only("null", null),
  only("the text null", "null"),
  only("the text undefined", "undefined"),
  only("the text NaN", "NaN"),
  ["0", 0, ["0", "-0"]],
  ["-0", -0, ["0", "-0"]],
  only("the text -0", "-0"),
  only("the text 0", "0"),
  only("1e21", 1e21),
  only("the text 1e+21", "1e+21"),
  only("10n ** 21n", 10n ** 21n),
  ["2^53", 2 ** 53, ["2^53", "2^53 + 1"]],
  ["2^53 + 1", 2 ** 53 + 1, ["2^53", "2^53 + 1"]],
  only("the bigint 2^53", 2n ** 53n),
  only("the bigint 2^53 + 1", 2n ** 53n + 1n),
  only("the smallest number", Number.MIN_VALUE),
  only("the largest number", Number.MAX_VALUE),
  only("0.1 + 0.2", 0.1 + 0.2),
  only("0.3", 0.3),
  only("an empty text", ""),
  only("a space", " "),
  only("a", "a"),
  only("ab", "ab"),
  only("a#", "a#"),
  only("a#b", "a#b"),
  only("a#b#", "a#b#"),
  only("#", "#"),
  only("%", "%"),
  only("%23", "%23"),
  only("%25", "%25"),
  only("%2523", "%2523"),
  only("%n1", "%n1"),
  only("%i1", "%i1"),
  only("%btrue", "%btrue"),
  only("%z", "%z"),
  only("%h", "%h"),
  only("@", "@"),
  only("*", "*"),
  only("a/b", "a/b"),
  only("connection#", "connection#"),
  only("a#connection#c#subscription#1#1@abcdef", "a#connection#c#subscription#1#1@abcdef"),
  only("__proto__", "__proto__"),
  only("constructor", "constructor"),
  only("a NUL", "\u0000"),
  only("a byte order mark", "\ufeff"),
  only("é in one character", "\u00e9"),
  only("é in two characters", "e\u0301"),
  only("a pair of surrogates", "\u{1f600}"),
  only("128 bytes", "x".repeat(128)),
  only("129 bytes", "x".repeat(129)),
  only("129 bytes, the last another", `${"x".repeat(128)}y`),
  only("64 letters of two bytes", "é".repeat(64)),
  only("65 letters of two bytes", "é".repeat(65)),
  only("10,000 bytes", "x".repeat(10_000)),
  only("10,001 bytes", "x".repeat(10_001)),
  only("a bigint of 1,000 digits", 10n ** 1000n),
  none("undefined", undefined),
  none("NaN", Number.NaN),
  none("Infinity", Number.POSITIVE_INFINITY),
  none("-Infinity", Number.NEGATIVE_INFINITY),
  none("a lone high surrogate", "a\ud800"),
  none("a lone low surrogate", "\udfffa"),
  none("an empty object", {}),
  none("an object with a toString", { toString: () => "Bob" }),
  none("an object of __proto__", proto),
  none("an empty array", []),
  none("an array of one text", ["a"]),
  none("a Date", new Date(0)),
  none("a RegExp", /a/),
  none("a Map", new Map()),
  none("bytes", Buffer.from("a")),
  none("a String object", Object("a")),
  none("a Number object", Object(1)),
  none("a BigInt object", Object(1n)),
  none("a symbol", Symbol("a")),
  none("a function", () => "a"),
  none("a promise of a text", Promise.resolve("a")),
  none("an object without a prototype", Object.create(null)),
];

const world = filterWorld();

beforeAll(async () => {
  for (const [index, [, user]] of values.entries()) {
    const connectionId = `value-${index}`;
    world.contexts.set(connectionId, { user });
    await world.connect(connectEvent({ connectionId }));
    const subscribe = { id: 1, method: "subscription", params: { path: "onNews" } };
    await world.handler(messageEvent(subscribe, { connectionId }));
  }
});

/** Names of the values whose subscribers got something from `work`. */
async function reachedBy(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = world.recording.posts.length;
  await work();
  const posts = world.recording.posts.slice(before);
  return posts.map(({ connectionId }) => values[Number(connectionId.slice(6))]?.[0] ?? "nobody");
}

describe("S1: a publish to subscribers with", () => {
  it.each(values)("%s", async (_name, user, same) => {
    const filter = { name: "byUser", ctx: { user } };
    const publish = () => world.news.publish({ data: "x", filter });
    if (same.length === 0) {
      const calls = world.storeCalls.length;
      await expect(publish()).rejects.toMatchObject({
        name: "InvalidFilterError",
        path: "onNews",
        place: "ctx.user",
      });
      expect(world.storeCalls.slice(calls)).toEqual([]);
    } else {
      expect((await reachedBy(publish)).toSorted()).toEqual(same.toSorted());
    }
  });

  it("any value reaches everybody without a filter, also those whom no filter finds", async () => {
    const reached = await reachedBy(() => world.news.publish({ data: "x" }));
    expect(reached.toSorted()).toEqual(values.map(([name]) => name).toSorted());
  });
});

afterAll(() => report("hostile filter values", { cases: values.length }));
