import type { Gate, GateAnswer } from "./gate.ts";

/** What a try of one item came to. */
export interface Try {
  /** What a post said about the way it went; absent when nothing was posted. */
  readonly answer?: GateAnswer;
  /** Time to the next try; absent when the item is done with. */
  readonly againAfterMs?: number;
}

/** What is to be done. */
export interface FanOutPlan<T> {
  readonly pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>;
  /** Items taken from pages before that wait for another try. */
  readonly again?: readonly T[];
  /** Never rejects. `attempt` counts from 1. */
  readonly work: (item: T, attempt: number) => Promise<Try>;
  readonly gate: Gate;
  /** Nothing is begun after its abort; what is under way ends by itself. */
  readonly stop: AbortSignal;
  /** No page is waited for after its abort. */
  readonly abort: AbortSignal;
}

/** How far it came. */
export interface FanOutEnd<T> {
  /** Every page was read and every item of it begun. */
  readonly allTaken: boolean;
  /** Begun, but waiting for another try when the stop came. */
  readonly waiting: readonly T[];
  /** Why a page could not be read. */
  readonly error?: unknown;
}

/** Items that wait for another try. As many as this, and nothing new is begun: memory does not grow with refusals. */
const MAX_WAITING = 256;

/**
 * Works through pages of items, as many at once as the gate lets in. While a page is worked through the next one is
 * read, no more, so that memory does not grow with the audience. An item that has to wait holds no place.
 *
 * Never rejects. Resolves when nothing is under way any more.
 */
export function fanOut<T>(plan: FanOutPlan<T>): Promise<FanOutEnd<T>> {
  return new FanOut(plan).run();
}

interface Waiting<T> {
  readonly item: T;
  readonly attempt: number;
  readonly dueAt: number;
}

class FanOut<T> {
  readonly #plan: FanOutPlan<T>;
  readonly #pages: AsyncIterator<readonly T[]> | Iterator<readonly T[]>;
  #page: readonly T[] = [];
  #taken = 0;
  /** The page after this one; `undefined` while it is read. */
  #nextPage: readonly T[] | undefined = [];
  #reading: Promise<void> | undefined;
  #state: "reading" | "all read" | "ended" = "reading";
  #error: { readonly cause: unknown } | undefined;
  #waiting: Waiting<T>[];
  #underWay = 0;
  #wake: () => void = () => undefined;

  constructor(plan: FanOutPlan<T>) {
    this.#plan = plan;
    const { pages } = plan;
    this.#pages =
      Symbol.asyncIterator in pages ? pages[Symbol.asyncIterator]() : pages[Symbol.iterator]();
    this.#waiting = (plan.again ?? []).map((item) => ({ item, attempt: 1, dueAt: 0 }));
  }

  async run(): Promise<FanOutEnd<T>> {
    const { stop, abort } = this.#plan;
    const onAbort = (): void => this.#wake();
    stop.addEventListener("abort", onAbort);
    abort.addEventListener("abort", onAbort);
    try {
      await this.#beginAll();
      while (this.#underWay > 0) await this.#event();
      await this.#endReading();
    } finally {
      stop.removeEventListener("abort", onAbort);
      abort.removeEventListener("abort", onAbort);
    }
    return {
      allTaken: this.#state === "all read" && !this.#hasRow(),
      waiting: this.#waiting.map(({ item }) => item),
      ...(this.#error !== undefined && { error: this.#error.cause }),
    };
  }

  async #beginAll(): Promise<void> {
    const { gate, stop } = this.#plan;
    while (!stop.aborted) {
      this.#turnPage();
      const next = this.#hasTask();
      if (next === "none") return;
      if (next === "later") {
        await this.#event();
        continue;
      }
      const entered = gate.enter(stop);
      if (entered !== true && !(await entered)) return;
      // The stop may come between being let in and being told so.
      if (stop.aborted) return gate.leave();
      this.#begin();
    }
  }

  /** Whether something can be begun. */
  #hasTask(): "now" | "later" | "none" {
    if (this.#dueIndex() !== -1) return "now";
    if (this.#hasRow() && this.#waiting.length < MAX_WAITING) return "now";
    const isOver = this.#state !== "reading" && !this.#hasRow();
    return isOver && this.#waiting.length === 0 && this.#underWay === 0 ? "none" : "later";
  }

  #hasRow(): boolean {
    return this.#taken < this.#page.length || (this.#nextPage?.length ?? 0) > 0;
  }

  #turnPage(): void {
    while (this.#taken >= this.#page.length && this.#nextPage !== undefined) {
      this.#page = this.#nextPage;
      this.#taken = 0;
      this.#nextPage = undefined;
      if (this.#state === "reading") this.#reading = this.#read();
    }
  }

  async #read(): Promise<void> {
    try {
      const { done, value } = await this.#pages.next();
      if (done === true) this.#state = "all read";
      else this.#nextPage = value;
    } catch (cause) {
      this.#state = "ended";
      this.#noteError(cause);
    } finally {
      this.#reading = undefined;
      this.#wake();
    }
  }

  /** A read that ends because it was told to is no news. */
  #noteError(cause: unknown): void {
    if (!this.#plan.stop.aborted) this.#error ??= { cause };
  }

  #dueIndex(): number {
    const now = performance.now();
    return this.#waiting.findIndex(({ dueAt }) => dueAt <= now);
  }

  #begin(): void {
    const due = this.#dueIndex();
    const [again] = due === -1 ? [] : this.#waiting.splice(due, 1);
    const item = again?.item ?? this.#page[this.#taken++];
    // There is one: nobody else takes from this fan-out.
    if (item === undefined) throw new Error("a place was taken for nothing");
    this.#underWay++;
    void this.#tryOnce(item, again?.attempt ?? 1);
  }

  async #tryOnce(item: T, attempt: number): Promise<void> {
    const { work, gate } = this.#plan;
    const { answer, againAfterMs } = await work(item, attempt);
    if (againAfterMs !== undefined) {
      const dueAt = performance.now() + againAfterMs;
      this.#waiting.push({ item, attempt: attempt + 1, dueAt });
    }
    this.#underWay--;
    gate.leave(answer);
    this.#wake();
  }

  /** Waits until something has changed. */
  #event(): Promise<void> {
    // After the stop nothing is due any more.
    const waiting = this.#plan.stop.aborted ? [] : this.#waiting;
    const dueAt = Math.min(...waiting.map((each) => each.dueAt));
    return new Promise((resolve) => {
      // A timer cuts fractions off, and would come before anything is due.
      const delayMs = Math.ceil(Math.max(0, dueAt - performance.now()));
      const timer = Number.isFinite(delayMs) ? setTimeout(() => this.#wake(), delayMs) : undefined;
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  async #endReading(): Promise<void> {
    const { abort } = this.#plan;
    while (this.#reading !== undefined && !abort.aborted) await this.#event();
    // A generator that is stuck in a read would not answer this either.
    if (this.#reading !== undefined) return;
    try {
      await this.#pages.return?.();
    } catch (cause) {
      this.#noteError(cause);
    }
  }
}
