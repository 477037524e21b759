import { createHash } from "node:crypto";
import { escapeText, isWellFormed, utf8Bytes } from "../protocol/keyText.ts";

/** A value that a filter can hold. */
export type FilterScalar = string | number | boolean | bigint | null;

/** What stands in a key for an optional field that its subscriber left out: it is found by every value. */
export interface EveryValue {
  readonly every: true;
}

/** See {@link EveryValue}. */
export const EVERY_VALUE: EveryValue = Object.freeze({ every: true });
/** Its text in a key, which no scalar has. */
export const EVERY_VALUE_TEXT = "%*";

/** One field of a filter with its value. */
export type FilterField = readonly [field: string, value: FilterScalar];

/** One field of an address. */
export type AddressField = readonly [field: string, value: FilterScalar | EveryValue];

/** A filter with values: the address of a subscriber, or of a publish. */
export interface FilterValues {
  readonly name: string;
  /** In the order of {@link canonicalFields}. */
  readonly ctx: readonly AddressField[];
  /** In the order of {@link canonicalFields}; left out to address every subscriber with these `ctx` values. */
  readonly input?: readonly AddressField[];
}

/** The names of a filter's fields. */
export interface FilterFields {
  readonly name: string;
  readonly ctx: readonly string[];
  readonly input: readonly string[];
  /** Those of them that a subscriber may be without, to be found by every value; absent when there are none. */
  readonly optional?: {
    readonly ctx: readonly string[];
    readonly input: readonly string[];
  };
}

/** The largest text of one value in a key; a longer one is replaced by its hash. */
export const MAX_VALUE_BYTES = 128;

/** Tells whether a value can be part of a key; `NaN`, infinities and text with a lone surrogate cannot. */
export function isFilterScalar(value: unknown): value is FilterScalar {
  switch (typeof value) {
    case "string":
      return isWellFormed(value);
    case "number":
      return Number.isFinite(value);
    case "boolean":
    case "bigint":
      return true;
    default:
      return value === null;
  }
}

/** Order of a filter's fields in its keys, whatever the order they were written in. */
export function canonicalFields(fields: readonly string[]): readonly string[] {
  return fields.toSorted();
}

/**
 * Key form of a value. Injective: a string is itself with `%` and `#` escaped, every other type carries a tag that no
 * escaped string can have.
 */
export function encodeScalar(value: FilterScalar): string {
  const text = scalarText(value);
  return utf8Bytes(text) <= MAX_VALUE_BYTES
    ? text
    : `%h${createHash("sha256").update(text).digest("base64url")}`;
}

function scalarText(value: FilterScalar): string {
  switch (typeof value) {
    case "string":
      return escapeText(value);
    case "number":
      return `%n${value === 0 ? 0 : value}`;
    case "boolean":
      return `%b${value}`;
    case "bigint":
      return `%i${value}`;
    default:
      return "%z";
  }
}

function valueText(value: FilterScalar | EveryValue): string {
  return typeof value === "object" && value !== null ? EVERY_VALUE_TEXT : encodeScalar(value);
}

/**
 * Key text of a filter with values. Every segment is terminated, so the text of a publish begins the keys of exactly
 * the subscribers with equal values: `Bob#` does not begin `Bobby#`.
 */
export function filterKey(values: FilterValues): string {
  const pairs = (section: string, fields: readonly AddressField[]): string =>
    fields.length === 0
      ? ""
      : `${section}#${fields.map(([field, value]) => `${escapeText(field)}#${valueText(value)}#`).join("")}`;
  return `name#${escapeText(values.name)}#${pairs("ctx", values.ctx)}${pairs("input", values.input ?? [])}`;
}
