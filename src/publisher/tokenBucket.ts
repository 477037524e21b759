/** Part of a second whose posts may go at once. */
const BURST_SECONDS = 0.1;

/** Lets `perSecond` pass, of which a tenth at once. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number;

  /**
   * @param perSecond - above 0; `Infinity` for no limit
   * @param now - milliseconds of any steady clock
   */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#capacity = Math.max(1, perSecond * BURST_SECONDS);
    this.#tokens = this.#capacity;
    this.#filledAt = now;
  }

  /** Milliseconds until the next one may pass; 0 for now. */
  waitMs(now: number): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    const gained = ((now - this.#filledAt) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained);
    this.#filledAt = now;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond);
  }

  /** Notes one that passed. */
  take(): void {
    this.#tokens -= 1;
  }
}
