import { MAX_TIMER_MS } from "../../protocol/limits.ts";

/** Notices that nothing has come for a time. */
export class Watchdog {
  readonly #onSilence: (timeoutMs: number) => void;
  #timeoutMs: number;
  #heardAtMs: number = Date.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number, onSilence: (timeoutMs: number) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onSilence = onSilence;
    this.#wait(timeoutMs);
  }

  /** From now on it is another time. */
  set timeoutMs(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.stop();
    this.#wait(timeoutMs);
  }

  /** Something came. No timer is touched, since this is called with every message. */
  heard(): void {
    this.#heardAtMs = Date.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(delayMs: number): void {
    const check = (): void => {
      const now = Date.now();
      // A clock that was set back says nothing of the time since; one that slept does, which timers do not.
      if (now < this.#heardAtMs) this.#heardAtMs = now;
      const leftMs = this.#heardAtMs + this.#timeoutMs - now;
      if (leftMs > 0) this.#wait(leftMs);
      else this.#onSilence(this.#timeoutMs);
    };
    this.#timer = setTimeout(check, Math.min(delayMs, MAX_TIMER_MS));
  }
}
