import {
  type HashedText,
  isEveryValue,
  isHashedText,
  type KeyFilter,
  type KeyValue,
} from "../store/readKeys.ts";

/** Characters that would move the cursor or turn the direction of what is printed. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text of somebody else, safe to print in a terminal. */
export function printable(text: string): string {
  return text.replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A value as it would stand in code. */
export function valueText(value: KeyValue): string {
  if (isHashedText(value)) return `a text of more than 128 bytes (SHA-256 ${value.sha256})`;
  if (isEveryValue(value)) return "any value";
  if (typeof value === "bigint") return `${value}n`;
  return printable(JSON.stringify(value));
}

/** A path as keys have it. */
export function pathText(path: string | HashedText): string {
  return typeof path === "string" ? printable(path) : `a path with SHA-256 ${path.sha256}`;
}

/** For example `byRoom(ctx.userId="alice", input.room="red")`. */
export function filterText({ name, ctx, input }: KeyFilter): string {
  const fields = [
    ...ctx.map(([field, value]) => `ctx.${printable(field)}=${valueText(value)}`),
    ...input.map(([field, value]) => `input.${printable(field)}=${valueText(value)}`),
  ];
  return `${printable(name)}(${fields.join(", ")})`;
}

/** For example `3 subscriptions`. */
export function countText(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? singular : plural}`;
}

const UNITS = [
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** For example `3 s` or `2 h`; the largest unit of which there is one. */
export function durationText(ms: number): string {
  const [name, size] = UNITS.find(([, unit]) => ms >= unit) ?? ["s", 1000];
  return `${Math.floor(Math.max(0, ms) / size)} ${name}`;
}

/** JSON on one line, with a bigint as `--filter` takes it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? { $bigint: String(each) } : each,
  );
}
