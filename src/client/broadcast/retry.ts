import { Pace } from "./pace.ts";
import { Timer } from "./timer.ts";

/** What is tried again. */
export type Wanted =
  /** The grant of a subscription, or its topics; the others go on. */
  | "grant"
  /** A connection. */
  | "line";

/** When what failed is tried again. */
export class Retry {
  readonly #pace: Pace;
  readonly #timer = new Timer();
  readonly #again: () => void;
  #isForLine = false;

  constructor(steps: readonly [number, ...number[]], again: () => void) {
    this.#pace = new Pace(steps);
    this.#again = again;
  }

  /** Whether a connection has to wait. */
  get isForLine(): boolean {
    return this.#isForLine && this.#timer.isWaiting;
  }

  /**
   * Something has failed. While a try is waited for anyway, with the others of a batch for example, it is one failure.
   *
   * @returns milliseconds until the next try; `undefined` for one that was told of before
   */
  afterFailure(wanted: Wanted): number | undefined {
    const isWaiting = this.#timer.isWaiting;
    return this.#start(wanted, isWaiting ? undefined : this.#pace.afterFailure());
  }

  /** A connection of this age has dropped. */
  afterDrop(livedMs: number): number | undefined {
    return this.#start("line", this.#pace.afterDrop(livedMs));
  }

  /** All went well for a while. */
  succeeded(): void {
    this.#pace.succeeded();
  }

  stop(): void {
    this.#timer.stop();
    this.#isForLine = false;
  }

  #start(wanted: Wanted, inMs: number | undefined): number | undefined {
    this.#isForLine ||= wanted === "line";
    if (inMs !== undefined) {
      this.#timer.startEarlier(inMs, () => {
        this.#isForLine = false;
        this.#again();
      });
    }
    return inMs;
  }
}
