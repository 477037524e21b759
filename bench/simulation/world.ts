import { type Counts, noCounts } from "./counts.ts";
import { AccountQuota, SlidingWindow } from "./limits.ts";
import type { Model } from "./model.ts";
import { type Random, seeded } from "./random.ts";
import { Timeline } from "./timeline.ts";

/** What is simulated. */
export interface Scenario {
  readonly subscribers: number;
  /** `alone`: one Lambda after the other, by cursor. `queue`: a publisher and the workers of a queue. */
  readonly way: "alone" | "queue";
  readonly shards: number;
  readonly memoryMb: number;
  /** The queue's `MaximumConcurrency`. @defaultValue none */
  readonly maxWorkers?: number;
}

/** What all Lambdas of one simulation share. */
export interface World {
  readonly scenario: Scenario;
  readonly model: Model;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly counts: Counts;
  readonly quota: AccountQuota;
  /** One for each shard. */
  readonly partitions: readonly Shard[];
}

/** The subscribers of one partition, numbered in the order of their keys. */
export interface Shard {
  readonly rows: number;
  readonly reads: SlidingWindow;
}

/** Nothing has happened yet. */
export function createWorld(scenario: Scenario, model: Model, seed: number): World {
  const { subscribers, shards } = scenario;
  return {
    scenario,
    model,
    timeline: new Timeline(),
    random: seeded(seed),
    counts: noCounts(),
    quota: new AccountQuota({
      perSecond: model.accountPostsPerSecond,
      burst: model.accountBurst,
    }),
    partitions: Array.from({ length: shards }, (_, shard) => ({
      // A hash spreads connections about evenly.
      rows: Math.floor(subscribers / shards) + (shard < subscribers % shards ? 1 : 0),
      reads: new SlidingWindow({ limit: model.partitionReadUnits, spanMs: 1_000 }),
    })),
  };
}
