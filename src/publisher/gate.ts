import type { PoolWidth, PostAnswer } from "./poolWidth.ts";
import { Refusals } from "./refusals.ts";
import { TokenBucket } from "./tokenBucket.ts";

/** What a try ended with. */
export interface GateAnswer extends PostAnswer {
  readonly firstTry: boolean;
  readonly connectionId: string;
}

/**
 * Who may post now: as many as the pool is wide, as fast as the rate allows. One for all publishes of a publisher; they
 * take turns, so that one to everybody does not hold up one to one person.
 */
export class Gate {
  readonly refusals: Refusals = new Refusals();
  readonly #width: PoolWidth;
  readonly #rate: TokenBucket;
  readonly #waiting: ((entered: boolean) => void)[] = [];
  #inside = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param rate - no limit by default */
  constructor(width: PoolWidth, rate?: TokenBucket) {
    this.#width = width;
    this.#rate = rate ?? new TokenBucket(Number.POSITIVE_INFINITY, performance.now());
  }

  /** Takes a place, waiting for its turn. `false` when `signal` aborts before. */
  enter(signal: AbortSignal): Promise<boolean> | boolean {
    if (signal.aborted) return false;
    if (this.#waiting.length === 0 && this.#admits()) return true;
    return this.#wait(signal);
  }

  /** Gives the place back. */
  leave(answer?: GateAnswer): void {
    const isAwaited = this.#waiting.length > 0;
    // Those who wait for the rate or for the end of a pause would not be helped by a wider pool.
    const wasFull = isAwaited && this.#inside >= this.#width.current;
    this.#inside--;
    if (answer !== undefined) {
      const now = performance.now();
      this.#width.note(answer, wasFull, now);
      this.refusals.note(answer, now);
    }
    if (isAwaited) this.#admitWaiting();
  }

  /** Takes a place, if there is one. */
  #admits(): boolean {
    if (this.#inside >= this.#width.current || this.#waitMs() > 0) return false;
    this.#inside++;
    this.#rate.take();
    return true;
  }

  #waitMs(): number {
    const now = performance.now();
    return Math.max(this.#rate.waitMs(now), this.refusals.waitMs(now));
  }

  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(settle), 1);
        this.#admitWaiting();
        resolve(false);
      };
      const settle = (entered: boolean): void => {
        signal.removeEventListener("abort", onAbort);
        resolve(entered);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(settle);
      this.#admitWaiting();
    });
  }

  #admitWaiting(): void {
    while (this.#waiting.length > 0 && this.#admits()) this.#waiting.shift()?.(true);
    clearTimeout(this.#timer);
    // Whoever leaves admits the next; the clock does it only where time is what is waited for.
    const delayMs = this.#waiting.length === 0 ? 0 : this.#waitMs();
    this.#timer = delayMs === 0 ? undefined : setTimeout(() => this.#admitWaiting(), delayMs);
  }
}
