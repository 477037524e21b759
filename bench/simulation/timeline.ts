/** What a process waits for: milliseconds, or a call of `resume`, which may come at once. */
export type Wait = number | ((resume: () => void) => void);

/** Steps of something that takes simulated time. */
export type Process<T = void> = Generator<Wait, T, undefined>;

interface Due {
  readonly at: number;
  /** Of two at one time the one that was entered first goes first. */
  readonly order: number;
  readonly run: () => void;
}

/** Simulated time. Everything happens in the order of its time, so the same model always takes the same course. */
export class Timeline {
  #now = 0;
  #entered = 0;
  /** A binary heap, the next one first. */
  readonly #heap: Due[] = [];

  /** Milliseconds since the start. */
  get now(): number {
    return this.#now;
  }

  /** Lets something happen, now at the earliest. */
  at(time: number, run: () => void): void {
    const due = { at: Math.max(time, this.#now), order: this.#entered++, run };
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#now + delayMs, run);
  }

  /** Begins a process. `done` is called with its result. */
  start<T>(process: Process<T>, done: (result: T) => void = () => undefined): void {
    const step = (): void => {
      const { done: isDone, value } = process.next();
      if (isDone === true) done(value);
      else if (typeof value === "number") this.after(value, step);
      else value(step);
    };
    // Never from within another step: a generator cannot be resumed while it runs.
    this.after(0, step);
  }

  /** Goes on until nothing is due any more. */
  run(): void {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      this.#now = next.at;
      next.run();
    }
  }

  #take(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = heap[left + 1];
      let child = heap[left];
      let at = left;
      if (child === undefined) break;
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        at = left + 1;
      }
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}
