/** Milliseconds that one way takes; called for each message. */
export type Latency = () => number;

/** A client's wire to the broker: what goes one way arrives in order, after a while. */
export class Wire {
  readonly #latency: Latency;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #cuts = new Set<() => void>();
  /** On its way to the client, in order. */
  readonly #underWay: (() => void)[] = [];
  #lastArrivalMs = 0;

  constructor(latency: Latency) {
    this.#latency = latency;
  }

  /** Resolves when what was sent has come to the broker, or the wire is cut. */
  toBroker(): Promise<void> {
    return new Promise((resolve) => {
      const arrive = (): void => {
        this.#cuts.delete(arrive);
        resolve();
      };
      this.#cuts.add(arrive);
      this.#after(this.#latency(), arrive);
    });
  }

  /** Resolves when what the broker sent, and all before it, has come to the client, or the wire is cut. */
  toClient(): Promise<void> {
    return new Promise((resolve) => {
      const arrive = (): void => {
        this.#cuts.delete(arrive);
        resolve();
      };
      this.#cuts.add(arrive);
      this.later(arrive);
    });
  }

  /** Runs `arrive` when what the broker sends now has come to the client; behind all that it sent before. */
  later(arrive: () => void): void {
    const now = performance.now();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, now + this.#latency());
    this.#underWay.push(arrive);
    // Timers of different lengths may fire in another order than they are due.
    this.#after(this.#lastArrivalMs - now, () => this.#underWay.shift()?.());
  }

  /** What is under way is lost. */
  cut(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#underWay.length = 0;
    for (const arrive of this.#cuts) arrive();
  }

  #after(delayMs: number, arrive: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      arrive();
    }, delayMs);
    this.#timers.add(timer);
  }
}
