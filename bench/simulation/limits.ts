const BIN_MS = 10;
const SECOND_BINS = 1_000 / BIN_MS;

/** Counts what happens in time, to find the busiest second. */
export class RateMeter {
  readonly #bins: number[] = [];

  note(time: number, amount: number): void {
    const bin = Math.floor(time / BIN_MS);
    while (this.#bins.length <= bin) this.#bins.push(0);
    this.#bins[bin] = (this.#bins[bin] ?? 0) + amount;
  }

  /** Most within any second, to 10 ms. */
  get peakPerSecond(): number {
    let inSecond = 0;
    let peak = 0;
    for (const [index, amount] of this.#bins.entries()) {
      inSecond += amount - (this.#bins[index - SECOND_BINS] ?? 0);
      peak = Math.max(peak, inSecond);
    }
    return peak;
  }
}

/** Requests that an account's APIs take: a token bucket that is full at the start. What is beyond it is refused. */
export class AccountQuota {
  readonly accepted: RateMeter = new RateMeter();
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = 0;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** False for a request that is refused with 429. */
  take(now: number): boolean {
    const gained = ((now - this.#filledAt) * this.#perSecond) / 1_000;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    this.accepted.note(now, 1);
    return true;
  }
}

/** Lets an amount pass in any span of time. What is beyond it waits, in its order. */
export class SlidingWindow {
  readonly passed: RateMeter = new RateMeter();
  /** All that passed, ever. */
  total = 0;
  readonly #limit: number;
  readonly #spanMs: number;
  readonly #inSpan: { readonly at: number; readonly amount: number }[] = [];
  #sum = 0;
  #lastAt = 0;

  constructor({ limit, spanMs }: { readonly limit: number; readonly spanMs: number }) {
    this.#limit = limit;
    this.#spanMs = spanMs;
  }

  /** Milliseconds until an amount passes; it counts from now on. */
  waitMs(now: number, amount: number): number {
    let at = Math.max(now, this.#lastAt);
    this.#leave(at - this.#spanMs);
    while (this.#sum + amount > this.#limit) {
      const [oldest] = this.#inSpan;
      if (oldest === undefined) break;
      at = oldest.at + this.#spanMs;
      this.#leave(oldest.at);
    }
    this.#inSpan.push({ at, amount });
    this.#sum += amount;
    this.#lastAt = at;
    this.total += amount;
    this.passed.note(at, amount);
    return at - now;
  }

  /** Forgets what passed until a time. */
  #leave(until: number): void {
    for (let oldest = this.#inSpan[0]; oldest !== undefined; oldest = this.#inSpan[0]) {
      if (oldest.at > until) return;
      this.#inSpan.shift();
      this.#sum -= oldest.amount;
    }
  }
}
