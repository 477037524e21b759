/** The longest delay of a timer; a longer one fires at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** One timer at a time. */
export class Timer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAtMs = 0;

  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts it anew. */
  start(delayMs: number, work: () => void): void {
    this.stop();
    this.#dueAtMs = Date.now() + delayMs;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        work();
      },
      Math.min(delayMs, MAX_DELAY_MS),
    );
  }

  /** Starts it, unless it ends before that anyway. */
  startEarlier(delayMs: number, work: () => void): void {
    if (!this.isWaiting || Date.now() + delayMs < this.#dueAtMs) this.start(delayMs, work);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
