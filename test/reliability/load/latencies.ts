const LONGEST_MS = 60_000;

/** Times in milliseconds, in as little memory for many as for few. */
export class Latencies {
  readonly #counts = new Uint32Array(LONGEST_MS);
  #count = 0;

  /** Takes one more. */
  add(ms: number): void {
    const rounded = Math.min(LONGEST_MS - 1, Math.max(0, Math.round(ms)));
    this.#counts[rounded] = (this.#counts[rounded] ?? 0) + 1;
    this.#count++;
  }

  /** The time that a share of them does not exceed: 0.99 for the p99. */
  at(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [ms, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return ms;
    }
    return 0;
  }
}
