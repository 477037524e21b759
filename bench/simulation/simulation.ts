import { publishAlone } from "./alone.ts";
import { type Bound, bottleneckOf } from "./bounds.ts";
import type { Counts } from "./counts.ts";
import { publishWithQueue } from "./handOver.ts";
import type { Model } from "./model.ts";
import { type Dollars, dollarsOf } from "./prices.ts";
import { createWorld, type Scenario } from "./world.ts";

/** What became of one simulated publish. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly counts: Readonly<Counts>;
  readonly dollars: Dollars;
  readonly bound: Bound;
  /** Accepted posts within any second, at most. */
  readonly peakPostsPerSecond: number;
  /** Read units of any partition within any second, at most. */
  readonly peakPartitionReadUnits: number;
}

/** Simulates one publish, from the call of its Lambda on. The same seed gives the same outcome. */
export function simulate(scenario: Scenario, model: Model, seed: number): Outcome {
  const world = createWorld(scenario, model, seed);
  const { counts, quota, partitions, timeline } = world;
  timeline.start(scenario.way === "alone" ? publishAlone(world) : publishWithQueue(world));
  timeline.run();
  return {
    scenario,
    counts,
    dollars: dollarsOf(counts, scenario.memoryMb),
    bound: bottleneckOf(world),
    peakPostsPerSecond: quota.accepted.peakPerSecond,
    peakPartitionReadUnits: Math.max(...partitions.map(({ reads }) => reads.passed.peakPerSecond)),
  };
}
