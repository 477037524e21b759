import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import type { PublishReport } from "../../../src/publisher/types.ts";
import type { Route, Store } from "../../../src/store/types.ts";
import { audience, type Posted } from "./audience.ts";
import { settled, throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** How one subscriber's posts go: refused so often, then this. */
const way = fc.record({
  refusals: fc.constantFrom(0, 0, 0, 1, 2),
  end: fc.constantFrom("ok", "ok", "ok", "ok", "gone", "forbidden"),
  latencyMs: fc.nat(12),
});
const listener = fc.record({ userId: fc.nat(2), room: fc.nat(2), subscriptions: fc.nat(2), way });
const limit = fc.record({
  deadlineMs: fc.oneof(fc.nat(40), fc.constantFrom(0, 1, -5, 25_000)),
  /** Of the caller's own signal; 0 before the start. */
  abortAtMs: fc.option(fc.nat(30), { freq: 2 }),
});
const filter = fc.constantFrom("all", "user", "room", "both", "both");
const scenario = fc.record({
  listeners: fc.array(listener, { maxLength: 30 }),
  shards: fc.integer({ min: 1, max: 3 }),
  filter,
  concurrency: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  rowsAtOnce: fc.integer({ min: 1, max: 5 }),
  readMs: fc.nat(4),
  limits: fc.array(limit, { minLength: 1, maxLength: 8 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Timers of the fakes; every other one is the publisher's. */
let ownTimers = 0;
async function after(delayMs: number): Promise<void> {
  ownTimers++;
  await new Promise<void>((resolve) => setTimeout(resolve, delayMs));
  ownTimers--;
}

/** Reads a few rows at once, of one shard after the other in turns, each time a little later. */
function slowly(store: Store, { rowsAtOnce, readMs }: Scenario): Store {
  return {
    ...store,
    async *findRoutes(query) {
      const shards: Route[][] = [];
      for (let shard = 0; shard < query.shards; shard++) {
        const rows: Route[] = [];
        for await (const page of store.findRoutes({ ...query, shard })) rows.push(...page);
        shards.push(rows);
      }
      while (shards.some((rows) => rows.length > 0)) {
        for (const rows of shards) {
          if (rows.length === 0) continue;
          await after(readMs);
          query.signal?.throwIfAborted();
          yield rows.splice(0, rowsAtOnce);
        }
      }
    },
  };
}

const filters = {
  all: [],
  user: [{ name: "byUser", ctx: { userId: 1 } }],
  room: [{ name: "byRoom", input: { room: 1 } }],
  both: [
    { name: "byUser", ctx: { userId: 1 } },
    { name: "byRoom", input: { room: 1 } },
    { name: "byRoom", input: { room: 2 } },
  ],
};

/** Whether a listener is addressed. */
function isAddressed({ userId, room }: Scenario["listeners"][number], kind: Scenario["filter"]) {
  if (kind === "all") return true;
  if (kind === "user") return userId === 1;
  return kind === "room" ? room === 1 : userId === 1 || room > 0;
}

async function world(plan: Scenario) {
  const ways = new Map(plan.listeners.map((each, index) => [`c${index}`, each.way]));
  const tries = new Map<string, number>();
  const accepted: string[] = [];
  const post = async ({ connectionId, frame, signal }: Posted): Promise<void> => {
    const how = ways.get(connectionId);
    const subscription = `${connectionId}/${JSON.parse(frame).id}`;
    const attempt = (tries.get(subscription) ?? 0) + 1;
    tries.set(subscription, attempt);
    await after(how?.latencyMs ?? 0);
    // Whoever has gone is not told.
    if (signal.aborted) throw new TransportError("transient", "aborted");
    if (attempt <= (how?.refusals ?? 0)) throw new TransportError("throttled", "429");
    if (how !== undefined && how.end !== "ok") throw new TransportError(how.end, how.end);
    accepted.push(subscription);
  };
  const { shards, concurrency } = plan;
  const wrap = (store: Store) => slowly(store, plan);
  const pool = concurrency === undefined ? {} : { concurrency };
  const one = audience({ shards, wrap, post, maxAttempts: 3, ...pool });
  const addressed: string[] = [];
  for (const [index, each] of plan.listeners.entries()) {
    const connectionId = `c${index}`;
    // The other subscriptions of one that has gone go with it, counted or not.
    const count = each.way.end === "gone" ? 1 : each.subscriptions + 1;
    for (let id = 0; id < count; id++) {
      await one.join({ ...each, connectionId, id });
      if (isAddressed(each, plan.filter)) addressed.push(`${connectionId}/${id}`);
    }
  }
  return { ...one, accepted, addressed };
}

/** A limit for one call, and what ends with it. */
function optionsOf({ deadlineMs, abortAtMs }: Scenario["limits"][number]) {
  if (abortAtMs === null) return { how: { deadlineMs }, cancel: () => undefined };
  const controller = new AbortController();
  if (abortAtMs === 0) controller.abort();
  const timer = setTimeout(() => controller.abort(), abortAtMs);
  const { signal } = controller;
  return { how: { deadlineMs, signal }, cancel: () => clearTimeout(timer) };
}

it("a publish in any number of parts posts to each subscription once, and counts it once", async () => {
  const seen = { parts: 0, resumed: 0, delivered: 0, failed: 0, gone: 0 };
  const property = fc.asyncProperty(scenario, async (plan) => {
    vi.clearAllTimers();
    ownTimers = 0;
    const it = await world(plan);
    const reports: PublishReport[] = [];
    const given = { data: 7, ...(plan.filter !== "all" && { filter: filters[plan.filter] }) };
    for (const [part, each] of [...plan.limits, undefined].entries()) {
      const cursor = reports.at(-1)?.cursor;
      if (part > 0 && cursor === undefined) break;
      const { how, cancel } =
        each === undefined
          ? { how: { deadlineMs: Number.POSITIVE_INFINITY }, cancel: () => undefined }
          : optionsOf(each);
      const call = part === 0 ? it.publish({ ...given, ...how }) : it.resume(cursor, how);
      const report = await throughTime(call);
      cancel();
      reports.push(report);
      // Nothing goes on behind the caller's back, and no clock runs.
      const before = it.posts.length;
      expect(vi.getTimerCount()).toBe(ownTimers);
      vi.runAllTimers();
      await settled();
      expect(it.posts.length).toBe(before);
      expect(vi.getTimerCount()).toBe(0);
      const { matched, delivered, gone, failed } = report;
      expect(matched).toBe(delivered + gone + failed);
      expect(report.cursor === undefined).toBe(report.complete);
    }
    const sum = (name: "matched" | "delivered" | "gone" | "failed") =>
      reports.reduce((total, report) => total + report[name], 0);
    expect(reports.at(-1)?.complete).toBe(true);
    expect(new Set(it.accepted).size).toBe(it.accepted.length);
    expect(it.addressed).toEqual(expect.arrayContaining(it.accepted));
    expect(sum("delivered")).toBe(it.accepted.length);
    expect(sum("matched")).toBe(it.addressed.length);
    const suspected = it.failures.filter(({ connectionId }) => connectionId === undefined);
    expect(it.failures.length - suspected.length).toBe(sum("failed"));
    seen.parts += reports.length;
    if (reports.length > 2) seen.resumed++;
    for (const name of ["delivered", "failed", "gone"] as const) seen[name] += sum(name);
  });
  await fc.assert(property, { numRuns: 400 });
  expect(seen.resumed).toBeGreaterThan(40);
  expect(Math.min(seen.delivered, seen.failed, seen.gone)).toBeGreaterThan(100);
}, 120_000);
