import { PoolWidth } from "../../src/publisher/poolWidth.ts";
import { Refusals } from "../../src/publisher/refusals.ts";
import { SlidingWindow } from "./limits.ts";
import type { Process, Timeline } from "./timeline.ts";
import type { World } from "./world.ts";

/** One Lambda's process: what it has for itself, and keeps from one invocation to the next. */
export class Environment {
  readonly width: PoolWidth;
  readonly refusals: Refusals;
  /** The signing key was read. */
  knowsKey = false;
  readonly #timeline: Timeline;
  readonly #share: number;
  #freeAt = 0;
  /** All work that was asked for, in milliseconds. */
  #workMs = 0;
  #asked = { at: 0, busyMs: 0 };

  constructor({ random, model, scenario, timeline }: World) {
    this.#timeline = timeline;
    this.#share = Math.min(1, scenario.memoryMb / model.vCpuMb);
    this.refusals = new Refusals(random);
    this.width = new PoolWidth(undefined, () => this.#busyShare());
  }

  /** When a piece of work is done: one after the other, as on one core. */
  useCpu(us: number): number {
    const workMs = us / 1_000 / this.#share;
    this.#workMs += workMs;
    this.#freeAt = Math.max(this.#freeAt, this.#timeline.now) + workMs;
    return this.#freeAt;
  }

  /** Share of the time since it was last asked. */
  #busyShare(): number {
    const { now } = this.#timeline;
    const busyMs = this.#workMs - Math.max(0, this.#freeAt - now);
    const { at, busyMs: before } = this.#asked;
    this.#asked = { at: now, busyMs };
    return now > at ? (busyMs - before) / (now - at) : 1;
  }
}

/** An invocation that runs. */
export interface Invocation {
  readonly environment: Environment;
  readonly startedAt: number;
}

/** A Lambda function. */
export class Lambda {
  readonly #world: World;
  readonly #idle: Environment[] = [];
  readonly #starts: SlidingWindow;
  #running = 0;

  constructor(world: World) {
    this.#world = world;
    this.#starts = new SlidingWindow({ limit: world.model.startsPerTenSeconds, spanMs: 10_000 });
  }

  /** Starts an invocation, in an environment that is idle or in a new one. */
  *invoke(): Process<Invocation> {
    const { counts, model, timeline } = this.#world;
    this.#running++;
    counts.invocations++;
    counts.mostAtOnce = Math.max(counts.mostAtOnce, this.#running);
    let environment = this.#idle.pop();
    if (environment === undefined) {
      counts.coldStarts++;
      counts.billedMs += model.coldStartMs;
      yield this.#starts.waitMs(timeline.now, 1) + model.coldStartMs;
      environment = new Environment(this.#world);
    }
    return { environment, startedAt: timeline.now };
  }

  end({ environment, startedAt }: Invocation): void {
    const { counts, timeline } = this.#world;
    this.#running--;
    this.#idle.push(environment);
    counts.billedMs += Math.ceil(timeline.now - startedAt);
  }
}
