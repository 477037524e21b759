import { jitteredDelayMs, LONGEST_RETRY_DELAY_MS } from "./apiGatewayPreset.ts";

/** A socket that lived for this long was of use; one that did not is a reason to wait longer before the next. */
const LIVED_MS = 10_000;

/**
 * When the next socket may be opened. Stock clients begin their own back-off anew at each socket that opens, so a server
 * that accepts and closes is asked hundreds of times a second.
 */
export class BackOff {
  #quickEnds = 0;
  #notBeforeMs = 0;

  /** Milliseconds until the next socket may be opened; 0 if it may be now. */
  remainingMs(): number {
    // Bounded: the clock may have been set back since.
    return Math.min(LONGEST_RETRY_DELAY_MS, Math.max(0, this.#notBeforeMs - Date.now()));
  }

  /**
   * A socket has ended.
   *
   * @param livedMs - since it opened; 0 if it never did
   * @param isWanted - whether the client closed it. That is no fault, but neither a sign that the server is well
   */
  ended(livedMs: number, isWanted: boolean): void {
    if (livedMs >= LIVED_MS) this.#quickEnds = 0;
    if (isWanted) return;
    if (livedMs < LIVED_MS) this.#quickEnds++;
    this.#notBeforeMs = Date.now() + jitteredDelayMs(this.#quickEnds);
  }
}
