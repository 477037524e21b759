import { NotReceivedError } from "../../errors/testing.ts";
import { DEFAULT_TIMEOUT_MS, inRealTime } from "./realTime.ts";

/** How long something is waited for. */
export interface WaitOptions {
  /** In real milliseconds, also while a test fakes the clock. @defaultValue 4,000: test runners give up after 5,000 */
  readonly timeoutMs?: number;
}

/** What is waited for. */
interface Awaited<T> {
  /** For the message, for example "message". */
  readonly what: string;
  /** Looks for it; `undefined` while it is not there. Throws when it cannot come any more. */
  readonly look: () => { readonly value: T } | undefined;
}

/** Collects what one subscription receives, and lets a test wait for it. */
export class Feed {
  readonly received: unknown[] = [];
  readonly #routes: () => readonly string[];
  readonly #waiting = new Set<() => void>();
  #given = 0;
  #isStarted = false;
  #end: { readonly error: Error | undefined } | undefined;

  /** @param routes - the rows that publishers can find, for messages */
  constructor(routes: () => readonly string[]) {
    this.#routes = routes;
  }

  start(): void {
    this.#isStarted = true;
    this.#wake();
  }

  take(data: unknown): void {
    this.received.push(data);
    this.#wake();
  }

  /** The first end counts. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake();
  }

  started(): Promise<void> {
    const look = (): { readonly value: undefined } | undefined => {
      if (this.#isStarted) return { value: undefined };
      if (this.#end !== undefined) throw this.#end.error ?? this.#failure("it ended unstarted");
      return undefined;
    };
    return this.#wait({ what: "answer to the subscription", look });
  }

  next(options?: WaitOptions): Promise<unknown> {
    const look = (): { readonly value: unknown } | undefined => {
      if (this.#given < this.received.length) return { value: this.received[this.#given++] };
      if (this.#end !== undefined)
        throw this.#failure("the subscription has ended, nothing follows");
      return undefined;
    };
    return this.#wait({ what: "message", look }, options);
  }

  ended(options?: WaitOptions): Promise<void> {
    const look = (): { readonly value: undefined } | undefined => {
      if (this.#end?.error !== undefined) throw this.#end.error;
      return this.#end === undefined ? undefined : { value: undefined };
    };
    return this.#wait({ what: "end of the subscription", look }, options);
  }

  async #wait<T>({ what, look }: Awaited<T>, options: WaitOptions = {}): Promise<T> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    let check: () => void = () => undefined;
    const found = new Promise<T>((resolve, reject) => {
      check = () => {
        try {
          const seen = look();
          if (seen === undefined) return;
          resolve(seen.value);
        } catch (error) {
          reject(error);
        }
        this.#waiting.delete(check);
      };
    });
    this.#waiting.add(check);
    check();
    try {
      return await inRealTime(found, timeoutMs, () =>
        this.#failure(`no ${what} within ${timeoutMs} ms`),
      );
    } finally {
      this.#waiting.delete(check);
    }
  }

  #failure(problem: string): NotReceivedError {
    const options = this.#end?.error === undefined ? undefined : { cause: this.#end.error };
    const state = { received: [...this.received], routes: this.#routes() };
    return new NotReceivedError(problem, state, options);
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
