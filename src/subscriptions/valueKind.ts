import { isWellFormed } from "../protocol/keyText.ts";

/** Tells an object with fields from everything else. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The kind of a value; never the value, which may be private. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "number":
      return String(value);
    case "string":
      return isWellFormed(value) ? "a string" : "a string with a lone surrogate";
    case "object":
      return value === null ? "null" : `an ${Array.isArray(value) ? "array" : "object"}`;
    default:
      return `a ${typeof value}`;
  }
}
