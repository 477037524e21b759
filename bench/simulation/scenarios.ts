import type { Model } from "./model.ts";
import type { Scenario } from "./world.ts";

/** Audiences that are simulated. */
const SUBSCRIBERS: readonly number[] = [10_000, 100_000, 1_000_000];
/** Memory of the Lambdas: one whole core, and what many choose. */
const MEMORY_MB: readonly number[] = [1_769, 512];
const SHARDS: readonly number[] = [1, 8, 32];

/** A table of the page. */
export interface Table {
  readonly title: string;
  readonly model: Model;
  readonly scenarios: readonly Scenario[];
}

/** The tables: each size of memory, and a million with a larger quota. */
export function tablesOf(model: Model, raisedPostsPerSecond: number): readonly Table[] {
  const raised = { ...model, accountPostsPerSecond: raisedPostsPerSecond };
  return [
    ...MEMORY_MB.map((memoryMb) => ({
      title: `${memoryMb.toLocaleString("en")} MB, account quota ${perSecond(model)}`,
      model,
      scenarios: SUBSCRIBERS.flatMap((subscribers) => waysOf(model, subscribers, memoryMb)),
    })),
    ...MEMORY_MB.map((memoryMb) => ({
      title: `${memoryMb.toLocaleString("en")} MB, account quota raised to ${perSecond(raised)}`,
      model: raised,
      scenarios: waysOf(raised, 1_000_000, memoryMb),
    })),
  ];
}

function perSecond({ accountPostsPerSecond }: Model): string {
  return `${accountPostsPerSecond.toLocaleString("en")}/s`;
}

function waysOf(model: Model, subscribers: number, memoryMb: number): readonly Scenario[] {
  const maxWorkers = enoughWorkers(model, memoryMb);
  return [
    { subscribers, way: "alone", shards: 1, memoryMb },
    ...SHARDS.map((shards) => ({ subscribers, way: "queue" as const, shards, memoryMb })),
    ...SHARDS.map((shards) => ({
      subscribers,
      way: "queue" as const,
      shards,
      memoryMb,
      maxWorkers,
    })),
  ];
}

/** Workers whose CPU makes as many posts as the account may make. AWS takes no `MaximumConcurrency` below 2. */
function enoughWorkers(model: Model, memoryMb: number): number {
  const cpuSeconds = model.cpuPerPostUs / 1e6 / Math.min(1, memoryMb / model.vCpuMb);
  return Math.max(2, Math.ceil(model.accountPostsPerSecond * cpuSeconds));
}
