import type { Audience } from "./audience.ts";
import type { Counts } from "./endpointControl.ts";
import type { Measured } from "./programs/task.ts";

/** One publish of one program, as it and the endpoint saw it. Every field is a number, so that medians are simple. */
export interface Sample {
  readonly wallMs: number;
  /** From the start of the publish until the endpoint accepted the first post. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** CPU time of the program for each subscriber. */
  readonly cpuPerPostUs: number;
  /** CPU time of the endpoint for each post. */
  readonly endpointCpuPerPostUs: number;
  readonly startRssMb: number;
  readonly peakRssMb: number;
  readonly peakHeapMb: number;
  /** Query calls. */
  readonly queries: number;
  /** Calls to DynamoDB that are no Query. */
  readonly otherCalls: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly posts: number;
  /** Subscribers whose frame was accepted. */
  readonly delivered: number;
  /** Live subscribers whose frame was not. */
  readonly missing: number;
  /** Frames accepted beyond the one for each subscriber. */
  readonly duplicates: number;
  /** Posts to connections that were not addressed. */
  readonly unexpected: number;
  readonly maxUnderWay: number;
  /** Median of further publishes; `NaN` where there were none. */
  readonly warmMs: number;
  /** Rows left of stale connections; `NaN` where it was not looked. */
  readonly staleRowsLeft: number;
}

/** Puts together what a program and the endpoint measured. */
export function sampleOf(
  measured: Measured,
  counts: Counts,
  expected: {
    readonly audience: Audience;
    readonly staleIds: readonly string[];
    readonly publishes: number;
  },
): Sample {
  const { audience, staleIds, publishes } = expected;
  const addressed = new Set(audience.connectionIds);
  const live = new Set(audience.connectionIds);
  for (const id of staleIds) live.delete(id);
  const posts = sum(Object.values(counts.postsById));
  const accepted = Object.entries(counts.acceptedById);
  const { Query: queries = 0, ...others } = measured.dynamoDBCalls;
  return {
    wallMs: measured.endMs - measured.startMs,
    firstMs: counts.firstMs - measured.startMs,
    lastMs: counts.lastMs - measured.startMs,
    cpuPerPostUs: (measured.cpuMs * 1000) / audience.connectionIds.length,
    endpointCpuPerPostUs: (counts.cpuMs * 1000) / posts,
    startRssMb: measured.startRssMb,
    peakRssMb: measured.peakRssMb,
    peakHeapMb: measured.peakHeapMb,
    queries,
    otherCalls: sum(Object.values(others)),
    readUnits: measured.readUnits,
    writeUnits: measured.writeUnits,
    posts,
    delivered: accepted.length,
    missing: live.size - accepted.filter(([id]) => live.has(id)).length,
    duplicates: sum(accepted.map(([, times]) => Math.max(0, times - publishes))),
    unexpected: Object.keys(counts.postsById).filter((id) => !addressed.has(id)).length,
    maxUnderWay: counts.maxUnderWay,
    warmMs: measured.warmMs ?? Number.NaN,
    staleRowsLeft: Number.NaN,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
