/** Of RFC 4648 in lower case: legal in every name of a topic, and the same where case does not count. */
const DIGITS = "abcdefghijklmnopqrstuvwxyz234567";
const DIGIT_BITS = 5;

/** Base 32 of bytes, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let rest = 0;
  let bits = 0;
  for (const byte of bytes) {
    rest = (rest << 8) | byte;
    bits += 8;
    while (bits >= DIGIT_BITS) {
      bits -= DIGIT_BITS;
      text += DIGITS.charAt(rest >> bits);
      rest &= (1 << bits) - 1;
    }
  }
  return bits === 0 ? text : text + DIGITS.charAt(rest << (DIGIT_BITS - bits));
}
