import type { Counts } from "./counts.ts";
import type { World } from "./world.ts";

/** What holds up a publish. */
type Bottleneck =
  | "CPU"
  | "CPU of the workers"
  | "account quota"
  | "partition reads"
  | "chain of hand-overs";

/** The least time that a publish takes for one reason alone. */
export interface Bound {
  readonly bottleneck: Bottleneck;
  readonly ms: number;
}

/** The reason for which it takes longest. */
export function bottleneckOf(world: World): Bound {
  const { scenario, model, partitions, counts } = world;
  const { subscribers, memoryMb } = scenario;
  const overBurst = Math.max(0, counts.delivered - model.accountBurst);
  const units = Math.max(...partitions.map(({ reads }) => reads.total));
  const cpuMs = model.cpuPerPostUs / 1_000 / Math.min(1, memoryMb / model.vCpuMb);
  const bounds: readonly Bound[] = [
    { bottleneck: "account quota", ms: (overBurst / model.accountPostsPerSecond) * 1_000 },
    { bottleneck: "partition reads", ms: (units / model.partitionReadUnits) * 1_000 },
    ...(scenario.way === "alone"
      ? ([{ bottleneck: "CPU", ms: subscribers * cpuMs }] as const)
      : queueBounds(world, counts, cpuMs)),
  ];
  return bounds.reduce((longest, bound) => (bound.ms > longest.ms ? bound : longest));
}

function queueBounds(
  { scenario, model }: World,
  { largestPart, chainMs }: Counts,
  cpuMs: number,
): readonly Bound[] {
  const workMs = Math.max(0, scenario.subscribers - model.ownRecipients) * cpuMs;
  const most = Math.min(scenario.maxWorkers ?? Number.POSITIVE_INFINITY, model.pollersMost);
  return [
    { bottleneck: "CPU", ms: largestPart * cpuMs },
    { bottleneck: "chain of hand-overs", ms: chainMs },
    { bottleneck: "CPU of the workers", ms: pollersMs(workMs, most, model) },
  ];
}

/** Time in which as many workers as the queue starts have that much CPU time altogether. */
function pollersMs(
  workMs: number,
  most: number,
  { pollersAtFirst, pollersPerSecond }: World["model"],
): number {
  const first = Math.min(most, pollersAtFirst);
  const perMs = pollersPerSecond / 1_000;
  const rampMs = (most - first) / perMs;
  const rampWork = rampMs * ((first + most) / 2);
  if (workMs > rampWork) return rampMs + (workMs - rampWork) / most;
  if (perMs === 0) return workMs / first;
  return (Math.sqrt(first ** 2 + 2 * perMs * workMs) - first) / perMs;
}
