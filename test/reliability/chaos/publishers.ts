import { setTimeout as sleep } from "node:timers/promises";
import type { PublishReport } from "trpc-aws-subscriptions";
import { seeded } from "../../seeded.ts";
import {
  type Addressee,
  type Audience,
  type ChaosPublisher,
  tenants,
  topics,
  users,
} from "./members.ts";
import type { ChaosWorld } from "./world.ts";

/** Publishers. Each waits for its publish to end before it begins the next; some two or three are at work at a time. */
const PUBLISHERS = 6;
/** A machine that is too busy for all events publishes for so much longer, and then leaves it at that. */
const LONGER = 1.25;
/** Share of events that are for everybody. */
const EVERYBODY = 0.002;

/** What reports said, and what they should not have said. */
export interface ReportCounts {
  matched: number;
  delivered: number;
  gone: number;
  failed: number;
  /** Cut by the deadline or a failing read, and resumed. */
  resumed: number;
  /** Cut, and without a cursor: the table did not give its key in time, as `onError` was told. */
  cut: number;
  /** Numbers that do not add up, or failures that `onError` was not told of one by one. */
  wrong: number;
  /** Publishes that rejected, by the error's name. */
  readonly rejections: Map<string, number>;
}

/** Publishes events until there have been as many, as evenly over the time as the machine allows. */
export class Publishers {
  readonly counts: ReportCounts = {
    ...{ matched: 0, delivered: 0, gone: 0, failed: 0, resumed: 0, cut: 0, wrong: 0 },
    rejections: new Map(),
  };
  readonly #world: ChaosWorld;
  readonly #random: () => number;
  readonly #underWay = new Set<string>();
  mostAtWork = 0;

  /** @param seed - of who is addressed */
  constructor(world: ChaosWorld, seed: number) {
    this.#world = world;
    this.#random = seeded(seed);
  }

  /** Resolves when all events are published, or the time is more than over. */
  async publish(events: number, withinMs: number): Promise<void> {
    const startedAt = performance.now();
    const each = Math.ceil(events / PUBLISHERS);
    const lanes = Array.from({ length: PUBLISHERS }, async (_, index) => {
      const one = new OnePublisher(`p${index}`, this.#world, this.counts);
      for (let number = 0; number < each; number++) {
        const dueAt = startedAt + ((number + index / PUBLISHERS) / each) * withinMs;
        await sleep(Math.max(0, dueAt - performance.now()));
        if (performance.now() > startedAt + withinMs * LONGER) return;
        this.#underWay.add(one.name);
        this.mostAtWork = Math.max(this.mostAtWork, this.#underWay.size);
        await one.publish(`${one.name}-${number}`, this.#audience());
        this.#underWay.delete(one.name);
      }
    });
    await Promise.all(lanes);
  }

  #audience(): Audience {
    if (this.#random() < EVERYBODY) return "everybody";
    const first = this.#addressee();
    // Now and then a union, of audiences that may overlap.
    return this.#random() < 0.1 ? [first, this.#addressee(first.ctx.tenant)] : [first];
  }

  #addressee(tenant: string = this.#oneOf(tenants)): Addressee {
    const name = this.#oneOf(["byTenant", "byUser", "byTopic"] as const);
    if (name === "byTenant") return { name, ctx: { tenant } };
    if (name === "byUser") return { name, ctx: { tenant, user: this.#oneOf(users) } };
    return { name, ctx: { tenant }, input: { topic: this.#oneOf(topics) } };
  }

  #oneOf<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T;
  }
}

/** Publishes one event after the other, with whatever version is deployed. */
export class OnePublisher {
  readonly name: string;
  readonly #world: ChaosWorld;
  readonly #counts: ReportCounts;
  #publisher: ChaosPublisher | undefined;
  #deployment = 0;
  #failed = new Map<string, number>();

  constructor(name: string, world: ChaosWorld, counts: ReportCounts) {
    this.name = name;
    this.#world = world;
    this.#counts = counts;
  }

  /** Publishes, goes on with what is left, and notes it all. */
  async publish(event: string, audience: Audience): Promise<void> {
    const { ledger } = this.#world;
    this.#failed = new Map();
    ledger.published(event, this.name, audience);
    try {
      const { publish } = this.#current().routes.onMessage;
      let report = await (audience === "everybody"
        ? publish({ data: event })
        : publish({ data: event, filter: audience }));
      this.#add(report);
      while (report.cursor !== undefined) {
        this.#counts.resumed++;
        report = await this.#current().resume(report.cursor);
        this.#add(report);
      }
      const isCut = !report.complete;
      if (isCut) this.#counts.cut++;
      ledger.history.note({ type: "reported", event, failed: this.#failed, isCut });
    } catch (error) {
      const { rejections } = this.#counts;
      const name = error instanceof Error ? error.name : String(error);
      rejections.set(name, (rejections.get(name) ?? 0) + 1);
      ledger.history.note({ type: "rejected", event });
    }
    ledger.settle(event);
  }

  #add({ matched, delivered, gone, failed }: PublishReport): void {
    const counts = this.#counts;
    counts.matched += matched;
    counts.delivered += delivered;
    counts.gone += gone;
    counts.failed += failed;
    const told = [...this.#failed.values()].reduce((sum, count) => sum + count, 0);
    if (matched !== delivered + gone + failed || told < failed) counts.wrong++;
  }

  #current(): ChaosPublisher {
    const { deployments } = this.#world;
    if (this.#publisher === undefined || this.#deployment !== deployments.count) {
      this.#deployment = deployments.count;
      this.#publisher = this.#world.publisher(({ connectionId, path }) => {
        if (connectionId === undefined || path === undefined) return;
        this.#failed.set(connectionId, (this.#failed.get(connectionId) ?? 0) + 1);
      });
    }
    return this.#publisher;
  }
}
