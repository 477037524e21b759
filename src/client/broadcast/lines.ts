import type { Line } from "./line.ts";
import type { Subscriber } from "./subscriber.ts";

/** The lines of a client: usually one, two or more while one takes the place of another. */
export class Lines {
  readonly #overlapMs: number;
  /** Oldest first. */
  readonly #open: Line[] = [];
  /** Lines that are to end, with their timers. */
  readonly #retiring = new Map<Line, ReturnType<typeof setTimeout>>();

  constructor(overlapMs: number) {
    this.#overlapMs = overlapMs;
  }

  /** The line for new topics. */
  get newest(): Line | undefined {
    return this.#open.at(-1);
  }

  push(line: Line): void {
    this.#open.push(line);
  }

  /** A line is over. */
  delete(line: Line): void {
    clearTimeout(this.#retiring.get(line));
    this.#retiring.delete(line);
    const index = this.#open.indexOf(line);
    if (index !== -1) this.#open.splice(index, 1);
  }

  /** Whether a subscriber's topics are confirmed on one of them. */
  hears(subscriber: Subscriber): boolean {
    return this.#open.some((line) => line.hears(subscriber));
  }

  detach(subscriber: Subscriber): void {
    for (const line of [...this.#open, ...this.#retiring.keys()]) line.detach(subscriber);
  }

  /** A line has all topics. The older ones end once nothing can be on its way on them. */
  retireBefore(line: Line): void {
    const index = this.#open.indexOf(line);
    if (index === -1) return;
    for (const older of this.#open.splice(0, index)) {
      const timer = setTimeout(() => {
        this.#retiring.delete(older);
        older.close();
      }, this.#overlapMs);
      this.#retiring.set(older, timer);
    }
  }

  close(): void {
    for (const timer of this.#retiring.values()) clearTimeout(timer);
    const all = [...this.#open, ...this.#retiring.keys()];
    this.#open.length = 0;
    this.#retiring.clear();
    for (const line of all) line.close();
  }
}
