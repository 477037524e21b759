import { inspect, isDeepStrictEqual } from "node:util";

/** Cases that are kept to be shown. */
const SHOWN = 5;

/** Compares who was reached with who should have been, and counts. */
export class Exactness {
  leaks = 0;
  missed = 0;
  twice = 0;
  /** The first ones of what is wrong, in words. */
  readonly faults: string[] = [];

  /** @param expected - is emptied */
  check<T>(call: unknown, expected: Set<T>, reached: readonly T[]): void {
    const seen = new Set<T>();
    for (const one of reached) {
      if (seen.has(one)) {
        this.twice++;
        this.#note("reached twice", call, one);
      } else if (!expected.delete(one)) {
        this.leaks++;
        this.#note("LEAKED", call, one);
      }
      seen.add(one);
    }
    for (const one of expected) {
      this.missed++;
      this.#note("missed", call, one);
    }
  }

  /** What a call said of itself. */
  checkReport(call: unknown, expected: unknown, said: unknown): void {
    if (!isDeepStrictEqual(said, expected)) this.#note("reported", call, said);
  }

  #note(what: string, call: unknown, one: unknown): void {
    if (this.faults.length >= SHOWN) return;
    const show = (value: unknown): string => inspect(value, { depth: 6, breakLength: 100 });
    this.faults.push(`${what}: ${show(one)} by ${show(call)}`);
  }
}
