import { TransportError } from "../errors.ts";
import { MAX_TIMER_MS } from "../protocol/limits.ts";

interface UnderWay {
  readonly controller: AbortController;
  readonly endsAt: number;
  readonly settle: (failure: TransportError | undefined) => void;
}

/**
 * Ends posts that take too long, each after the same time and all of them at the abort. One timer and one listener for
 * all: of its own for each of thousands they cost a tenth of the posting.
 */
export class PostTimeouts {
  readonly #timeoutMs: number;
  readonly #abort: AbortSignal;
  /** Oldest first. */
  readonly #underWay = new Set<UnderWay>();
  #timer: NodeJS.Timeout | undefined;

  /** @param abort - its listener goes with {@link close} */
  constructor(timeoutMs: number, abort: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#abort = abort;
    abort.addEventListener("abort", this.#onAbort);
  }

  /**
   * Runs a post with a signal that ends it. Never rejects; resolves with what went wrong, in time even when the post
   * ignores its signal.
   */
  run(post: (signal: AbortSignal) => Promise<void>): Promise<TransportError | undefined> {
    if (this.#abort.aborted) return Promise.resolve(noAnswer("until the deadline"));
    return new Promise((resolve) => {
      const controller = new AbortController();
      const endsAt = performance.now() + this.#timeoutMs;
      const one: UnderWay = {
        controller,
        endsAt,
        settle: (failure) => {
          this.#underWay.delete(one);
          if (this.#underWay.size === 0) this.#clearTimer();
          resolve(failure);
        },
      };
      this.#underWay.add(one);
      this.#timer ??= this.#timerAt(endsAt);
      // Also what is thrown before there is a promise.
      (async () => post(controller.signal))().then(
        () => one.settle(undefined),
        (error: unknown) => one.settle(toTransportError(error)),
      );
    });
  }

  /** To be called when nothing is under way. */
  close(): void {
    this.#abort.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    for (const one of this.#underWay) end(one, "until the deadline");
  };

  readonly #onTime = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const one of this.#underWay) {
      if (one.endsAt > now) {
        this.#timer = this.#timerAt(one.endsAt);
        return;
      }
      end(one, `within ${this.#timeoutMs} ms`);
    }
  };

  #timerAt(time: number): NodeJS.Timeout {
    // A timer cuts fractions off, and would come before the time.
    const delayMs = Math.ceil(Math.max(0, time - performance.now()));
    return setTimeout(this.#onTime, Math.min(delayMs, MAX_TIMER_MS));
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function end({ controller, settle }: UnderWay, problem: string): void {
  settle(noAnswer(problem));
  controller.abort();
}

function noAnswer(problem: string): TransportError {
  return new TransportError("transient", `no answer from the endpoint ${problem}`);
}

function toTransportError(error: unknown): TransportError {
  return error instanceof TransportError
    ? error
    : new TransportError("unknown", `post failed: ${String(error)}`, { cause: error });
}
