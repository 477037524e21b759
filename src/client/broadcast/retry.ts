import { clientError } from "./failure.ts";
import type { HubOptions } from "./hubOptions.ts";
import { Pace } from "./pace.ts";
import { Timer } from "./timer.ts";

/** What is tried again. */
export type Wanted =
  /** The grant of a subscription, or its topics; the others go on. */
  | "grant"
  /** A connection. */
  | "line";

/** What a {@link Retry} goes by. */
export type RetryOptions = Pick<HubOptions, "backOffMs" | "report" | "tell">;

/** When what failed is tried again. */
export class Retry {
  readonly #options: RetryOptions;
  readonly #pace: Pace;
  readonly #timer = new Timer();
  readonly #again: () => void;
  #isForLine = false;

  constructor(options: RetryOptions, again: () => void) {
    this.#options = options;
    this.#pace = new Pace(options.backOffMs);
    this.#again = again;
  }

  /** Whether a connection has to wait. */
  get isForLine(): boolean {
    return this.#isForLine && this.#timer.isWaiting;
  }

  /** Something has failed. While a try is waited for anyway, with the others of a batch for example, it is one failure. */
  afterFailure(wanted: Wanted, error: Error): void {
    const isWaiting = this.#timer.isWaiting;
    this.#start(wanted, error, isWaiting ? undefined : this.#pace.afterFailure());
  }

  /** A connection of this age has dropped. */
  afterDrop(livedMs: number, error: Error): void {
    this.#start("line", error, this.#pace.afterDrop(livedMs));
  }

  /** All went well for a while. */
  succeeded(): void {
    this.#pace.succeeded();
  }

  stop(): void {
    this.#timer.stop();
    this.#isForLine = false;
  }

  /** @param inMs - until it is tried again, if that is news */
  #start(wanted: Wanted, error: Error, inMs: number | undefined): void {
    this.#isForLine ||= wanted === "line";
    if (inMs !== undefined) {
      this.#timer.startEarlier(inMs, () => {
        this.#isForLine = false;
        this.#again();
      });
    }
    const { report, tell } = this.#options;
    report(clientError(error));
    if (inMs !== undefined) tell({ type: "retrying", error, inMs });
  }
}
