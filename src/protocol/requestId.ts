import { escapeText, isWellFormed, unescapeText, utf8Bytes } from "./keyText.ts";

/**
 * The id of a request on its connection. `1` and `"1"` are two ids, as for tRPC's own server.
 */
export type RequestId = string | number;

/** The longest text id that is accepted, in bytes of its key form; stock clients send small integers. */
export const MAX_ID_BYTES = 64;

/** Tells whether a value may be the id of a request: a safe integer, or a text of 1 to {@link MAX_ID_BYTES} bytes. */
export function isRequestId(value: unknown): value is RequestId {
  if (typeof value === "string") {
    // The length first: what a client sends may be large.
    return (
      value.length > 0 &&
      value.length <= MAX_ID_BYTES &&
      isWellFormed(value) &&
      utf8Bytes(escapeText(value)) <= MAX_ID_BYTES
    );
  }
  return Number.isSafeInteger(value);
}

/** Key form of an id; a number carries a tag that no escaped text can have. */
export function encodeRequestId(id: RequestId): string {
  return typeof id === "number" ? `%n${id === 0 ? 0 : id}` : escapeText(id);
}

/** The id that {@link encodeRequestId} was given. */
export function decodeRequestId(encoded: string): RequestId {
  return encoded.startsWith("%n") ? Number(encoded.slice(2)) : unescapeText(encoded);
}
