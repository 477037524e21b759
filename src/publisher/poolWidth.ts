import { performance } from "node:perf_hooks";

/** Fewest posts under way that a pool falls to by itself. */
const MIN_WIDTH = 16;
/** Width before anything is known: more gained nothing at 10 ms a post (`npm run bench`). */
const START_WIDTH = 64;
/** Most posts under way that a pool grows to by itself, and the sockets of a client that we make. */
export const MAX_WIDTH = 256;
/** Growth after a round that was no slower than the best. */
const STEP = 16;
/** Share of a round in which this thread was busy, from which it is the limit: more posts would only wait in it. */
const BUSY = 0.9;
/** A round this much slower than the best one means that posts wait elsewhere: no more of them. */
const SLOW = 1.5;
/** And beyond this, fewer. */
const TOO_SLOW = 3;
/** Answers over which the share of refused ones is taken: in fewer, one in twenty cannot be told from one in ten. */
const REFUSAL_WINDOW = 256;
/** Share of refused posts up to which a pool may grow: they are tried again. */
const FEW_REFUSALS = 0.08;
/** And beyond which it shrinks. */
const MANY_REFUSALS = 0.15;
/** Age at which the best latency is forgotten, as networks change. */
const BEST_LATENCY_MS = 10_000;

/** What one post tells about the way it went. */
export interface PostAnswer {
  readonly latencyMs: number;
  /** 429 */
  readonly refused: boolean;
}

/** Tells how busy this thread was since it was last asked, from 0 to 1. */
function busyShareOfThread(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/**
 * How many posts may be under way: more while the CPU has time and none of them gets slower, fewer when many are
 * refused or slow, so that the CPU or the quota is the limit and not a constant. Additive increase, multiplicative decrease, once per round
 * of as many answers as the pool is wide.
 */
export class PoolWidth {
  readonly #pinned: boolean;
  readonly #busyShare: () => number;
  #current: number;
  #answers = 0;
  #totalMs = 0;
  /** Answers and refused ones since the share was taken. */
  #counted = 0;
  #refused = 0;
  #refusedShare = 0;
  #wasFull = false;
  #bestMs = Number.POSITIVE_INFINITY;
  #olderBestMs = Number.POSITIVE_INFINITY;
  #bestSince = 0;

  /**
   * @param pinned - a width that never changes
   * @param busyShare - of this thread since it was last asked
   */
  constructor(pinned?: number, busyShare: () => number = busyShareOfThread()) {
    this.#pinned = pinned !== undefined;
    this.#busyShare = busyShare;
    this.#current = pinned ?? START_WIDTH;
  }

  get current(): number {
    return this.#current;
  }

  /**
   * @param wasFull - the pool was the limit: without it, low latency says nothing about a wider one
   * @param now - milliseconds of any steady clock
   */
  note(answer: PostAnswer, wasFull: boolean, now: number): void {
    if (this.#pinned) return;
    this.#answers++;
    this.#totalMs += answer.latencyMs;
    this.#wasFull ||= wasFull;
    this.#noteRefusal(answer.refused);
    if (this.#answers >= this.#current) this.#endRound(now);
  }

  #noteRefusal(refused: boolean): void {
    this.#counted++;
    if (refused) this.#refused++;
    if (this.#counted < REFUSAL_WINDOW) return;
    this.#refusedShare = this.#refused / this.#counted;
    this.#counted = 0;
    this.#refused = 0;
    if (this.#refusedShare > MANY_REFUSALS) {
      this.#current = Math.max(MIN_WIDTH, Math.floor(this.#current / 2));
    }
  }

  #endRound(now: number): void {
    const meanMs = this.#totalMs / this.#answers;
    const bestMs = this.#noteBest(meanMs, now);
    const isBusy = this.#busyShare() >= BUSY;
    if (meanMs > bestMs * TOO_SLOW) {
      this.#current = Math.max(MIN_WIDTH, Math.floor(this.#current * 0.75));
    } else if (!isBusy && this.#mayGrow() && meanMs <= bestMs * SLOW) {
      this.#current = Math.min(MAX_WIDTH, this.#current + STEP);
    }
    this.#answers = 0;
    this.#totalMs = 0;
    this.#wasFull = false;
  }

  /** The pool was the limit, and not the quota. */
  #mayGrow(): boolean {
    const running = this.#refused / Math.max(this.#counted, this.#current);
    return this.#wasFull && Math.max(this.#refusedShare, running) <= FEW_REFUSALS;
  }

  #noteBest(meanMs: number, now: number): number {
    const ageMs = now - this.#bestSince;
    if (ageMs > BEST_LATENCY_MS) {
      // After an idle time it is no neighbour of what is posted now.
      this.#olderBestMs = ageMs > 2 * BEST_LATENCY_MS ? Number.POSITIVE_INFINITY : this.#bestMs;
      this.#bestMs = meanMs;
      this.#bestSince = now;
    }
    this.#bestMs = Math.min(this.#bestMs, meanMs);
    return Math.min(this.#bestMs, this.#olderBestMs);
  }
}
