/** A connection that lived for this long was of use; one that did not is a reason to wait longer before the next. */
const LIVED_MS = 10_000;
/** Each pause is a fifth longer or shorter, so that clients which failed together do not come back together. */
const JITTER = 0.2;

/** How long to wait before the next try. */
export class Pace {
  readonly #steps: readonly [number, ...number[]];
  #failures = 0;

  constructor(steps: readonly [number, ...number[]]) {
    this.#steps = steps;
  }

  /** Milliseconds to wait after something has failed. */
  afterFailure(): number {
    const step = this.#steps[Math.min(this.#failures, this.#steps.length - 1)] ?? this.#steps[0];
    this.#failures++;
    return step * (1 - JITTER + 2 * JITTER * Math.random());
  }

  /** Milliseconds to wait after a connection of this age has dropped. */
  afterDrop(livedMs: number): number {
    if (livedMs < LIVED_MS) return this.afterFailure();
    this.#failures = 0;
    return 0;
  }

  /** All went well for a while. */
  succeeded(): void {
    this.#failures = 0;
  }
}
