import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";
import { seeded } from "../../seeded.ts";

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** Is told of a new timer, and how to fire it. */
export type ShortTimers = (fire: () => void, delayMs: number) => void;

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  now: Date.now,
  random: Math.random,
  performanceNow: performance.now,
  delay: timersPromises.setTimeout,
  randomValues: crypto.getRandomValues,
};

/** Lets everything run that waits for neither a clock nor the schedule. */
export const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * A clock that only moves when it is told to, in place of the process's own. Chance is seeded as well, so that one
 * schedule always means one run.
 */
export class VirtualTime {
  #nowMs = 0;
  readonly #timers = new Map<object, Timer>();
  #immediates: (() => void)[] = [];
  /** Hears of every timer, and may fire it before its time has come: a slow clock is a possible clock. */
  short: ShortTimers = () => undefined;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Forgets all timers and starts anew. */
  reset(nowMs: number, seed: number): void {
    this.#nowMs = nowMs;
    this.#timers.clear();
    this.#immediates = [];
    this.short = () => undefined;
    Math.random = seeded(seed);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /** Runs what waits for the turn of the event loop. @returns whether there was anything */
  runImmediates(): boolean {
    const due = this.#immediates;
    this.#immediates = [];
    for (const run of due) run();
    return due.length > 0;
  }

  /** Moves on to the next timer and fires it. @returns whether there was one */
  runNextTimer(): boolean {
    const [next] = [...this.#timers].sort(([, a], [, b]) => a.dueMs - b.dueMs);
    if (next === undefined) return false;
    this.#fire(next[0]);
    return true;
  }

  install(): void {
    globalThis.setTimeout = this.#setTimeout as typeof setTimeout;
    globalThis.clearTimeout = this.#clearTimeout as typeof clearTimeout;
    globalThis.setImmediate = this.#setImmediate as typeof setImmediate;
    Date.now = () => this.#nowMs;
    performance.now = () => this.#nowMs;
    timersPromises.setTimeout = this.#delay as typeof timersPromises.setTimeout;
    crypto.getRandomValues = randomValues as typeof crypto.getRandomValues;
    syncBuiltinESMExports();
  }

  uninstall(): void {
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    globalThis.setImmediate = real.setImmediate;
    Date.now = real.now;
    Math.random = real.random;
    performance.now = real.performanceNow;
    timersPromises.setTimeout = real.delay;
    crypto.getRandomValues = real.randomValues;
    syncBuiltinESMExports();
  }

  readonly #setTimeout = (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
    const handle = { ref: () => handle, unref: () => handle, hasRef: () => true };
    // Whole milliseconds, as of any clock.
    const dueMs = this.#nowMs + Math.max(1, Math.ceil(delayMs));
    this.#timers.set(handle, { dueMs, fire: () => run(...args) });
    this.short(() => this.#fire(handle), delayMs);
    return handle;
  };

  readonly #clearTimeout = (handle: object | undefined): void => {
    if (handle !== undefined) this.#timers.delete(handle);
  };

  readonly #setImmediate = (run: (...args: unknown[]) => void, ...args: unknown[]) => {
    this.#immediates.push(() => run(...args));
  };

  readonly #delay = (delayMs: number, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const timer = this.#setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      }, delayMs);
      const abort = (): void => {
        this.#clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
    });

  #fire(handle: object): void {
    const timer = this.#timers.get(handle);
    if (timer === undefined) return;
    this.#timers.delete(handle);
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.fire();
  }
}

function randomValues(bytes: Uint8Array): Uint8Array {
  for (const index of bytes.keys()) bytes[index] = Math.floor(Math.random() * 256);
  return bytes;
}
