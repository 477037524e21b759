// The publisher loads its calls when they are first needed, which takes real time.
import "../../../src/publisher/calls.ts";
import type { Scheduler } from "fast-check";
import { SimulatedClient, type Subscription } from "./client.ts";
import {
  type Addressed,
  type Deployment,
  deploy,
  type Parts,
  publishTo,
  type Version,
} from "./deployment.ts";
import { SimulatedGateway } from "./gateway.ts";
import { Steps } from "./steps.ts";
import { SimulatedTable } from "./table.ts";
import { settled, VirtualTime } from "./virtualTime.ts";

/** A clock for all worlds of a test file, installed by {@link inVirtualTime}. */
const time = new VirtualTime();

/** Replaces the process's clocks around all tests of a file. */
export function inVirtualTime(hooks: {
  readonly beforeAll: (run: () => void) => void;
  readonly afterAll: (run: () => void) => void;
}): void {
  hooks.beforeAll(() => time.install());
  hooks.afterAll(() => time.uninstall());
}

/** A publish, with what came of it. */
export interface Publish {
  /** Only subscriptions of this room; all of them when absent. */
  readonly room?: string;
  readonly number: number;
  /** Only this user's subscriptions; everybody's in the room when absent. */
  readonly userId?: string;
  readonly publisher: string;
  /** The router's that it was made with. */
  readonly version?: Version;
  readonly beganAt: number;
  /** The same by the clock. */
  readonly beganAtMs?: number;
  endedAt?: number;
  endedAtMs?: number;
  report?: Awaited<ReturnType<typeof publishTo>>;
}

/** Options of {@link SimulatedWorld}. */
export interface WorldOptions {
  readonly split?: boolean;
  readonly maxSubscriptions?: number;
  /** Items of a page. */
  readonly pageItems?: number;
  /**
   * Pauses of at most as long may be over at any moment; longer ones when nothing else happens.
   *
   * @defaultValue 1,000: those between two tries, and no deadline
   */
  readonly anyTimePauseMs?: number;
}

/** How a publish is made. */
export interface PublishHow extends Pick<Addressed, "userId" | "isKept"> {
  /** Names the publisher. */
  readonly by?: string;
  readonly from?: Deployment;
}

const START_MS = Date.UTC(2026, 0, 1);

/** Our handlers, publishers and store between a simulated table, a simulated gateway and clients. */
export class SimulatedWorld {
  readonly table = new SimulatedTable();
  readonly steps = new Steps();
  readonly gateway = new SimulatedGateway(this.steps);
  readonly clients: SimulatedClient[] = [];
  readonly publishes: Publish[] = [];
  readonly errors: Error[] = [];
  readonly #options: WorldOptions;
  readonly now: Deployment;
  #moment = 0;
  /** Works that were begun and have not ended. */
  #working = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    time.reset(START_MS, 1);
    if (options.pageItems !== undefined) this.table.pageItems = options.pageItems;
    this.now = this.deploy();
  }

  /** Keeps rows, connections and clients as they are. @returns puts them back; what is deployed stays as it is then */
  remember(): () => void {
    const parts = [this.table, this.gateway, ...this.clients].map((part) => part.remember());
    return () => {
      for (const putBack of parts) putBack();
      this.publishes.length = 0;
      this.errors.length = 0;
    };
  }

  /** Deploys a version of ours. Publishers of one version share nothing with another's. */
  deploy(
    version?: Version,
    own: Pick<Parts, "maxAttempts" | "skewMs" | "process"> = {},
  ): Deployment {
    const { table, gateway, steps } = this;
    const onError = (error: Error): void => {
      this.errors.push(error);
    };
    const { split, maxSubscriptions } = this.#options;
    const limits = {
      ...(split !== undefined && { split }),
      ...(maxSubscriptions !== undefined && { maxSubscriptions }),
    };
    return deploy({ table, gateway, steps, onError, ...limits, ...own }, version);
  }

  client(name: string, deployment: Deployment = this.now): SimulatedClient {
    const client = new SimulatedClient(name, deployment, {
      gateway: this.gateway,
      moments: { next: () => this.#moment++ },
      pass: (ms) => time.pass(ms),
    });
    this.clients.push(client);
    return client;
  }

  /** Moves the clock on. */
  pass(ms: number): void {
    time.pass(ms);
  }

  get moment(): number {
    return this.#moment;
  }

  /** A moment of its own. */
  nextMoment(): number {
    return this.#moment++;
  }

  get nowMs(): number {
    return time.nowMs;
  }

  /** @param room - everybody's when `undefined` */
  async publish(room: string | undefined, how: PublishHow = {}): Promise<Publish> {
    const { by = "publisher", from = this.now, userId, isKept } = how;
    const number = this.publishes.length;
    const event = { room: room ?? "", number };
    const publish: Publish = {
      ...(room !== undefined && { room }),
      number,
      publisher: by,
      version: from.version,
      beganAt: this.#moment++,
      beganAtMs: time.nowMs,
      ...(userId !== undefined && { userId }),
    };
    this.publishes.push(publish);
    publish.report = await publishTo(from, event, { room, userId, isKept });
    publish.endedAt = this.nextMoment();
    publish.endedAtMs = time.nowMs;
    return publish;
  }

  /** Waits at a moment that the schedule decides. */
  turn(label: string): Promise<void> {
    return this.steps.take(label);
  }

  /** Waits until something is the case, looking whenever anything has happened. */
  async until(is: () => boolean): Promise<void> {
    while (!is()) await this.turn("looks again");
  }

  /** Lets something happen at once, without a schedule. */
  async directly<T>(work: () => Promise<T>): Promise<T> {
    this.steps.follow(undefined);
    return this.#drain([work()], undefined).then(([result]) => result as T);
  }

  /** Lets things happen side by side, until nothing more happens. */
  async scheduled(scheduler: Scheduler, works: readonly (() => Promise<unknown>)[]): Promise<void> {
    this.follow(scheduler);
    await this.#drain(
      works.map((work) => work()),
      scheduler,
    );
    this.steps.follow(undefined);
    time.short = () => undefined;
  }

  /** Lets a schedule decide from now on over what {@link begin} begins. */
  follow(scheduler: Scheduler): void {
    this.steps.follow(scheduler);
    time.short = (fire, delayMs) => {
      if (delayMs > (this.#options.anyTimePauseMs ?? 1_000)) return;
      void this.steps.take("a pause is over").then(fire);
    };
  }

  /** Begins work beside what is under way. It must not reject. */
  begin(work: () => Promise<unknown>): void {
    this.#working++;
    void work().finally(() => {
      this.#working--;
    });
  }

  /** Lets as many things happen, or all that can. */
  async advance(scheduler: Scheduler, turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      do await settled();
      while (time.runImmediates());
      if (scheduler.count() > 0) await scheduler.waitOne();
      else if (this.#working + this.gateway.running === 0) return;
      else if (!time.runNextTimer()) throw new Error("something waits for ever");
    }
  }

  async #drain<T>(works: readonly Promise<T>[], scheduler: Scheduler | undefined): Promise<T[]> {
    let isOver = false;
    const all = Promise.all(works);
    const end = (): void => {
      isOver = true;
    };
    all.then(end, end);
    for (;;) {
      await settled();
      if (time.runImmediates()) continue;
      if (scheduler !== undefined && scheduler.count() > 0) await scheduler.waitOne();
      else if (isOver && this.gateway.running === 0) return all;
      else if (!time.runNextTimer()) throw new Error("something waits for ever");
    }
  }
}

/** Subscriptions that a client has reason to think live. */
export function liveOf(client: SimulatedClient): readonly Subscription[] {
  if (!client.isOpen) return [];
  return client.subscriptions.filter(
    ({ startedAt, stopSentAt, stoppedAt }) =>
      startedAt !== undefined && stopSentAt === undefined && stoppedAt === undefined,
  );
}
