import { AsyncLocalStorage } from "node:async_hooks";
import type { Tell } from "./teller.ts";
import type { SubscriptionsEvent, ThrottledEvent } from "./types.ts";

/** What {@link noteThrottled} counts, by who refused. */
type Refusals = Record<ThrottledEvent["by"], number>;

/**
 * Of the call that is being observed. Neither stores nor transports are told whose call they serve, and a store may be
 * anybody's.
 */
const observed = new AsyncLocalStorage<Refusals>();

/** Notes that something was refused for its rate; free while nobody listens. */
export function noteThrottled(by: ThrottledEvent["by"]): void {
  const refusals = observed.getStore();
  if (refusals !== undefined) refusals[by]++;
}

/** Whose call is observed. */
type Place = Pick<ThrottledEvent, "step" | "connectionId" | "path">;

/** Tells of one invocation of a handler, or one call of a publisher. Made only where somebody listens. */
export class Observer {
  readonly tell: Tell;
  readonly #place: Place;
  readonly #startedAt: number = performance.now();
  readonly #told = new WeakSet<object>();

  constructor(tell: Tell, place: Place) {
    this.tell = tell;
    this.#place = place;
  }

  /** Time since the call began. */
  get durationMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Tells how a request ended, unless that was told before: its time may be over while its work ends. */
  tellEnd(request: object, event: SubscriptionsEvent): void {
    if (this.#told.has(request)) return;
    this.#told.add(request);
    this.tell(event);
  }

  /** Runs `work`, then tells how often it was refused for its rate. */
  async counting<T>(work: () => Promise<T>): Promise<T> {
    const refusals: Refusals = { table: 0, managementApi: 0 };
    try {
      return await observed.run(refusals, work);
    } finally {
      for (const by of ["table", "managementApi"] as const) {
        const times = refusals[by];
        if (times > 0) this.tell({ type: "throttled", by, times, ...this.#place });
      }
    }
  }
}

/** Runs `work`, and tells how often it was refused for its rate if somebody listens. */
export function counting<T>(observer: Observer | undefined, work: () => Promise<T>): Promise<T> {
  return observer === undefined ? work() : observer.counting(work);
}
