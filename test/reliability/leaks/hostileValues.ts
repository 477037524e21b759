import { createHash } from "node:crypto";
import fc from "fast-check";
import type { FilterScalar } from "trpc-aws-subscriptions";
import { scalar } from "../../unit/store/arbitraries.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** A text of so many bytes, the last one given. */
const long = (bytes: number, last: string): string => `${"x".repeat(bytes - 1)}${last}`;

/** "é" as one character and as two, which are two values. */
const ACUTE = ["\u00e9", "e\u0301"];

const texts: readonly string[] = [
  ...["", " ", "1", "10", "100", "01", "1.0", "-1", "-0", "0", "1e21", "1e+21", "+1", "1n"],
  ...["Bob", "Bobby", "Bo", "bob", "BOB", "Bob ", " Bob", "Bob\0", "\0", "\n", "\r\n", "Bob\n"],
  ...["#", "##", "%", "%%", "%2", "%23", "%25", "%2523", "a", "a#", "a#b", "a%23b", "a%2523b"],
  ...[
    "%n1",
    "%n0",
    "%n",
    "%btrue",
    "%bfalse",
    "%i1",
    "%i0",
    "%z",
    "%h",
    "%*",
    "*",
    "@",
    "~",
    "\\",
    "/",
  ],
  ...["true", "false", "null", "undefined", "NaN", "Infinity", "True", "[object Object]"],
  ...["__proto__", "constructor", "toString", "9007199254740993", "9007199254740992"],
  ...ACUTE,
  ...ACUTE.map((text) => text.normalize("NFC").toUpperCase()),
  // Two emoji with the same first surrogate, and what a lone one is replaced by.
  ...["\u{1f600}", "\u{1f601}", "\u{1f469}", "\u{1f469}\u200d\u{1f467}", "\ufffd", "\uffff"],
  ...["\u{10ffff}", "\u00e5", "\u212b", "a\u030a", "\u00df", "ss", "\u0131", "I", "i", "\u0130"],
  ...["connection#", "connection#c#subscription#%n1#1@abcdef", "subscription#1", "path#a"],
  ...["name#", "name#byTenant#ctx#tenant#1#", "ctx#tenant#1", "1#tenantUser#1", "1#input#a#1"],
  ...["1#a#1", "a#connection#c", "namespace#a", "a#1", "#a", "1#", "1%23"],
  ...[long(127, "a"), long(127, "b"), long(128, "a"), long(128, "b"), long(129, "a")],
  ...[long(129, "b"), long(1_000, "a"), long(1_000, "b"), long(128, "\u00e9"), long(127, "\u00e9")],
  ...["#".repeat(42), "#".repeat(43), "%23".repeat(42), "%".repeat(43), "\u00e9".repeat(64)],
  ...["\u00e9".repeat(65), "e\u0301".repeat(43)],
  ...[`%h${hashOf(long(129, "a"))}`, hashOf(long(129, "a")), `%25h${hashOf(long(129, "a"))}`],
];

const others: readonly FilterScalar[] = [
  ...[true, false, null, 0, -0, 1, -1, 10, 100, 1.5, 0.1 + 0.2, 0.3, 1e21, 1e-7, 2 ** 31],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), Number.MAX_VALUE, Number.MIN_VALUE],
  ...[0n, 1n, -1n, 10n, 100n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 10n ** 21n],
  ...[10n ** 125n, 10n ** 126n, 10n ** 126n + 1n, 10n ** 999n, 10n ** 999n + 1n],
];

/** Values that have been, or could be, mistaken for one another. */
const namedValues: readonly FilterScalar[] = [...texts, ...others];

/** The named ones and random ones, each once; the same for the same seed. */
export function hostileValues(count: number, seed: number): readonly FilterScalar[] {
  const random = fc.sample(scalar, { seed, numRuns: count });
  return [...new Set([...namedValues, ...random])];
}

/** Any of these, by a number from 0 to 1. */
export function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

type Change = (text: string, random: () => number) => FilterScalar;

/** What an attacker, or a mistake, makes of a text. */
const changes: readonly Change[] = [
  (text) => `${text}`,
  (text, random) => `${text}${pick(["1", "#", "%", "\0", " ", "y", "\u{1f600}", "%23"], random)}`,
  (text) => (/[\ud800-\udfff]$/.test(text) ? text : text.slice(0, -1)),
  (text, random) => `${pick(["%", "#", "%n", "%i", "%b", "%h", "%*", "\0"], random)}${text}`,
  (text) => text.replaceAll("%", "%25").replaceAll("#", "%23"),
  (text) => text.replaceAll("%23", "#").replaceAll("%25", "%"),
  (text) => text.replaceAll("#", "%23"),
  (text, random) =>
    `${text}#${pick(["input#a", "tenantUser", "ab", "connection"], random)}#${text}`,
  (text) => text.normalize("NFD"),
  (text) => text.normalize("NFC"),
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.padEnd(128, "x"),
  (text) => text.padEnd(129, "x"),
  (text) => text.padStart(1_000, "x"),
  (text) => `%h${hashOf(text)}`,
  (text) => (/^-?\d{1,300}$/.test(text) ? BigInt(text) : null),
  (text) => (Number.isFinite(Number(text)) ? Number(text) : true),
];

/** A value that is like another one, or the same. */
export function neighbour(value: FilterScalar, random: () => number): FilterScalar {
  // What another type looks like as text.
  if (typeof value !== "string" && random() < 0.3) return String(value);
  const text = typeof value === "number" && random() < 0.3 ? `%n${value}` : String(value);
  if (typeof value === "number" && random() < 0.3) return value === 0 ? -value : value + 1;
  return pick(changes, random)(text, random);
}
