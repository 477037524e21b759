/**
 * Text inside composite keys. `#` ends a segment, so no segment may contain one, and two different values must never
 * become the same text or the beginning of one another.
 */

const encoder = new TextEncoder();

/** Size of a text in UTF-8, the unit in which both API Gateway and DynamoDB count. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/** `false` for text with a lone surrogate: two different ones become the same UTF-8 bytes. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text);
}

/** Replaces the two characters that have a meaning in keys: `%` by `%25`, `#` by `%23`. */
export function escapeText(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("#", "%23");
}

/** The text that {@link escapeText} was given. */
export function unescapeText(escaped: string): string {
  return escaped.replaceAll("%23", "#").replaceAll("%25", "%");
}
