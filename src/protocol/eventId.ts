/**
 * Ids of events that are kept for clients that were away: `<time><counter><random>`. Their order as text is the order in
 * time, so an id is a cursor too, and one cursor covers every key that a subscription is found by.
 */

/** Crockford's base 32, in the order of its bytes. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
/** 45 bits of milliseconds, enough until the year 3084. */
const TIME_DIGITS = 9;
/** 32,768 ids in one millisecond; the next one takes the next millisecond. */
const COUNTER_DIGITS = 3;
/** 40 bits that no other process has with the same time and counter. */
const RANDOM_DIGITS = 8;

/** As many of the digits. */
const EVENT_ID = /^[0-9a-hjkmnp-tv-z]{20}$/;
const MAX_COUNTER = 32 ** COUNTER_DIGITS - 1;

/** Makes ids, each greater than the one before whatever the clock does. */
export class EventIds {
  readonly #now: () => number;
  #lastMs = 0;
  #counter = 0;

  /** @param now - reads the time, in epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  next(): string {
    const ms = Math.floor(this.#now());
    if (ms > this.#lastMs) {
      this.#lastMs = ms;
      this.#counter = 0;
    } else if (this.#counter < MAX_COUNTER) {
      this.#counter++;
    } else {
      this.#lastMs++;
      this.#counter = 0;
    }
    return `${digits(this.#lastMs, TIME_DIGITS)}${digits(this.#counter, COUNTER_DIGITS)}${random()}`;
  }
}

/** Whether a value is the id of an event with history. */
export function isEventId(value: unknown): value is string {
  return typeof value === "string" && EVENT_ID.test(value);
}

/** When an id was made, in epoch milliseconds; `undefined` for text that is none. */
export function eventTimeMs(id: string): number | undefined {
  if (!isEventId(id)) return undefined;
  let ms = 0;
  for (const digit of id.slice(0, TIME_DIGITS)) ms = ms * 32 + DIGITS.indexOf(digit);
  return ms;
}

/** The id that an event would have had at another time: the same for everybody who asks. */
export function eventIdAt(id: string, timeMs: number): string {
  return `${earliestEventId(timeMs)}${id.slice(TIME_DIGITS)}`;
}

/** Text that is not greater than any id of this time or later, and greater than all earlier ones. */
export function earliestEventId(timeMs: number): string {
  return digits(Math.max(0, Math.floor(timeMs)), TIME_DIGITS);
}

function digits(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) {
    text = DIGITS.charAt(rest % 32) + text;
  }
  return text;
}

function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_DIGITS));
  return Array.from(bytes, (byte) => DIGITS.charAt(byte % 32)).join("");
}
