import { BILLING_UNIT_BYTES, MAX_BATCH_MESSAGES } from "../../src/adapters/sqs/limits.ts";
import { between } from "./random.ts";
import type { Process } from "./timeline.ts";
import type { World } from "./world.ts";

/** Calls of the adapter at the same time. */
const CALLS_SIDE_BY_SIDE = 8;
/** About what a message has: a batch of them is one unit. */
const MESSAGE_BYTES = 1_024;

/** A part of the audience. */
export interface Part {
  /** The shard it is in; absent for a message that is to be divided into all of them. */
  readonly shard?: number;
  /** Row it begins at, for each shard before it is divided. */
  readonly from: readonly number[];
  /** Row it ends before; absent for the end of the audience. */
  readonly to?: number;
  /** Refused before, and tried first. */
  readonly again: number;
  /** What the hand-overs before it took. */
  readonly chainMs: number;
}

/** Simulates a worker; `chainMs` is what its message took to come. */
export type Worker = (part: Part) => Process;

/** An SQS queue and the event source mapping that starts a worker for each message. */
export class Queue {
  readonly #world: World;
  readonly #worker: Worker;
  readonly #waiting: Part[] = [];
  #working = 0;
  /** Since when messages wait. */
  #busySince: number | undefined;
  #isTimed = false;

  constructor(world: World, worker: Worker) {
    this.#world = world;
    this.#worker = worker;
  }

  /** Sends messages, in batches side by side; what is sent is delivered while the sender waits for the answer. */
  *send(parts: readonly Part[]): Process {
    const { counts, model, random, timeline } = this.#world;
    const batches = Math.ceil(parts.length / MAX_BATCH_MESSAGES);
    const batchBytes = Math.min(parts.length, MAX_BATCH_MESSAGES) * MESSAGE_BYTES;
    counts.messages += parts.length;
    counts.queueRequests += batches * Math.ceil(batchBytes / BILLING_UNIT_BYTES);
    for (const part of parts) {
      const deliveryMs = between(random, model.deliveryLeastMs, model.deliveryMostMs);
      timeline.after(deliveryMs, () => {
        // Received now, deleted in the end.
        counts.queueRequests += 2;
        this.#waiting.push({ ...part, chainMs: part.chainMs + deliveryMs });
        this.#dispatch();
      });
    }
    yield model.sendMs * Math.ceil(batches / CALLS_SIDE_BY_SIDE);
  }

  #dispatch(): void {
    const { timeline } = this.#world;
    while (this.#waiting.length > 0 && this.#working < this.#mostWorkers()) {
      const part = this.#waiting.shift();
      if (part === undefined) break;
      this.#working++;
      timeline.start(this.#worker(part), () => {
        this.#working--;
        this.#dispatch();
      });
    }
    if (this.#waiting.length === 0) return;
    this.#busySince ??= timeline.now;
    this.#lookAgain();
  }

  #mostWorkers(): number {
    const { model, timeline, scenario } = this.#world;
    const busyMs = timeline.now - (this.#busySince ?? timeline.now);
    const pollers = model.pollersAtFirst + Math.floor((busyMs * model.pollersPerSecond) / 1_000);
    return Math.min(
      pollers,
      model.pollersMost,
      // The publisher is one of them.
      model.accountConcurrency - 1,
      scenario.maxWorkers ?? Number.POSITIVE_INFINITY,
    );
  }

  /** When there may be one more poller. */
  #lookAgain(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    const { model, timeline } = this.#world;
    timeline.after(1_000 / model.pollersPerSecond, () => {
      this.#isTimed = false;
      this.#dispatch();
    });
  }
}
