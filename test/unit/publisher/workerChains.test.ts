import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import type { FanOutJob } from "../../../src/publisher/job.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { seeded } from "../../seeded.ts";
import type { Posted } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import type { Fault } from "./workerProcess.ts";
import { notOnce, WorkerWorld, type WorkerWorldOptions } from "./workerWorld.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** How one subscriber's posts go: refused so often by each process, then this. */
const way = fc.record({
  refusals: fc.constantFrom(0, 0, 0, 0, 1, 2),
  end: fc.constantFrom("ok", "ok", "ok", "ok", "ok", "gone", "forbidden"),
});
const listener = fc.record({
  userId: fc.nat(2),
  room: fc.nat(2),
  subscriptions: fc.nat(1),
  way,
});
const scenario = fc.record({
  listeners: fc.array(listener, { maxLength: 50, size: "max" }),
  shards: fc.integer({ min: 1, max: 4 }),
  filter: fc.constantFrom("all", "room", "both", "both"),
  threshold: fc.oneof(fc.constantFrom(0, 1, Number.POSITIVE_INFINITY), fc.nat(40)),
  recipientsPerMessage: fc.integer({ min: 1, max: 12 }),
  pageRows: fc.integer({ min: 1, max: 9 }),
  maxMessageBytes: fc.constantFrom(65_536, 65_536, 100),
  concurrency: fc.integer({ min: 1, max: 8 }),
  latencyMs: fc.nat(9),
  publishMs: fc.constantFrom(25_000, 25_000, 400, 200, 0),
  /** Longer than what is kept for the end; some are too short for a whole part. */
  lambdaMs: fc.constantFrom(8_000, 8_000, 1_900, 1_750),
  /** Share of the invocations that something happens to. */
  faultRate: fc.constantFrom(0, 0, 0.2, 0.6, 1),
  duplicateRate: fc.constantFrom(0, 0, 0.3),
  hasOnData: fc.boolean(),
  seed: fc.nat(),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Invocations that something happens to, at most; then all goes well. */
const MAX_FAULTS = 40;
/** Calls of an invocation among which the one that fails is chosen. */
const MAX_CALLS = 30;

const filters = {
  all: {},
  room: { filter: { name: "byRoom", input: { room: 1 } } },
  both: {
    filter: [
      { name: "byUser", ctx: { userId: 1 } },
      { name: "byRoom", input: { room: 1 } },
      { name: "byRoom", input: { room: 2 } },
    ],
  },
};

function isAddressed({ userId, room }: Scenario["listeners"][number], kind: Scenario["filter"]) {
  return kind === "all" || (kind === "room" ? room === 1 : userId === 1 || room > 0);
}

async function worldOf(plan: Scenario) {
  const random = seeded(plan.seed);
  const ways = new Map(plan.listeners.map((each, index) => [`c${index}`, each.way]));
  const tries = new Map<string, number>();
  const post = async ({ connectionId, frame, signal }: Posted): Promise<void> => {
    if (signal.aborted) throw new TransportError("transient", "aborted");
    const how = ways.get(connectionId);
    const subscription = `${connectionId}/${JSON.parse(frame).id}`;
    const attempt = (tries.get(subscription) ?? 0) + 1;
    tries.set(subscription, attempt);
    if (attempt <= (how?.refusals ?? 0)) throw new TransportError("throttled", "429");
    if (how !== undefined && how.end !== "ok") throw new TransportError(how.end, how.end);
  };
  const { latencyMs, lambdaMs, hasOnData, ...given } = plan;
  const options: WorkerWorldOptions = {
    ...given,
    post,
    // The refusals above, a fault, and one that succeeds.
    maxAttempts: 4,
    latencyMs: () => Math.floor(random() * (latencyMs + 1)),
    lambdaMs: () => lambdaMs,
    ...(hasOnData && { onData: ({ data }: { readonly data: unknown }) => data }),
  };
  const it = new WorkerWorld(options);
  const reachable: string[] = [];
  const addressed: string[] = [];
  for (const [index, each] of plan.listeners.entries()) {
    const connectionId = `c${index}`;
    // The other subscriptions of one that has gone go with it, counted or not.
    const count = each.way.end === "gone" ? 1 : each.subscriptions + 1;
    for (let id = 0; id < count; id++) {
      await it.join({ ...each, connectionId, id });
      if (!isAddressed(each, plan.filter)) continue;
      addressed.push(`${connectionId}/${id}`);
      if (each.way.end === "ok") reachable.push(`${connectionId}/${id}`);
    }
  }
  return { it, random, reachable, addressed };
}

type World = Awaited<ReturnType<typeof worldOf>>;

/** Runs workers on a few messages at once, some of them twice, until the queue is empty. Counts what went wrong. */
async function work({ it, random }: World, plan: Scenario) {
  const { queue } = it;
  let faults = 0;
  let unhappy = 0;
  let hasFailed = false;
  let diedReported = false;
  const fault = (): Fault | undefined => {
    if (faults >= MAX_FAULTS || random() >= plan.faultRate) return undefined;
    faults++;
    const call = Math.floor(random() ** 2 * MAX_CALLS);
    const kind = random() < 0.7 ? "die" : "fail";
    hasFailed ||= kind === "fail";
    return { call, kind, isAfter: random() < 0.5 };
  };
  const one = async (message: ReturnType<typeof queue.visible>[number]): Promise<void> => {
    const received = queue.receive(message);
    if (received === undefined) return;
    const times = random() < plan.duplicateRate ? 2 : 1;
    await Promise.all(
      Array.from({ length: times }, async () => {
        const { isDone, isHit } = await it.invoke(received, fault());
        if (!isDone || isHit) unhappy++;
        if (!isDone) diedReported ||= await isReportedPart(it, received.body);
        // The queue does not always hear that a message is done with.
        const isLost = faults < MAX_FAULTS && random() < plan.faultRate / 2;
        if (isLost) faults++;
        else if (isDone) queue.delete(message);
      }),
    );
  };
  for (let rounds = 0; queue.size > 0; rounds++) {
    if (rounds > 2_000) throw new Error(`the chain does not end: ${queue.sent.length} sent`);
    const visible = [...queue.visible()].toSorted(() => random() - 0.5);
    if (visible.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, queue.hiddenMs()));
      continue;
    }
    await Promise.all(visible.slice(0, 1 + Math.floor(random() * 3)).map(one));
  }
  return { unhappy, hasFailed, diedReported };
}

/** Whether somebody else has reported the part of a message. */
async function isReportedPart(it: WorkerWorld, body: string): Promise<boolean> {
  const job = (await it.jobs())[it.queue.sent.indexOf(body)];
  return it.reports.some(({ part }) => part === job?.part);
}

const seen = { parts: 0, calm: 0, doubles: 0, dead: 0, leftovers: 0, divided: 0, cursors: 0 };

async function check(plan: Scenario): Promise<void> {
  vi.useRealTimers();
  vi.useFakeTimers({ now: START_MS });
  const world = await worldOf(plan);
  const { it, random, reachable, addressed } = world;
  const sendFails = plan.faultRate > 0 && random() < 0.3;
  const fault = { call: Math.floor(random() * 4), kind: "fail", isAfter: true } as const;
  const given = { data: { n: 1 }, deadlineMs: plan.publishMs, ...filters[plan.filter] };
  let report: Awaited<ReturnType<typeof it.publish>>;
  try {
    report = await throughTime(it.publish(given, sendFails ? fault : undefined));
  } catch (error) {
    // Nothing could be read.
    expect(String(error)).toContain("fault");
    expect(it.accepted).toEqual([]);
    return;
  }
  const { unhappy, hasFailed, diedReported } = await throughTime(work(world, plan));
  const jobs = await it.jobs();
  const parts = new Set(jobs.map(({ part }) => part));
  const doubles = Object.values(notOnce(reachable, it.accepted)).filter((n) => n > 1).length;
  const duplicates = it.reports.reduce((sum, each) => sum + each.duplicates, 0);
  // One that repeats a part which was reported, and dies before its own report, is in none.
  if (!diedReported && isReported(it, jobs, plan)) expect(doubles).toBeLessThanOrEqual(duplicates);
  // A message is sent again only after something went wrong with the first.
  expect(jobs.length).toBeLessThanOrEqual(parts.size + plan.shards * unhappy);
  expect(parts.size).toBeLessThanOrEqual(2 * addressed.length + 3 * plan.shards + 8);
  if (it.queue.dead.length === 0 && !hasFailed) await expectDone(it, jobs);
  seen.dead += it.queue.dead.length;
  for (const body of it.queue.dead.splice(0)) await finish(it, body);
  if (report.cursor !== undefined) {
    seen.cursors++;
    await finish(it, report.cursor);
  }
  expect(addressed).toEqual(expect.arrayContaining(it.accepted));
  const missed = reachable.filter((each) => !it.accepted.includes(each));
  expect(missed).toEqual([]);
  if (unhappy === 0 && !sendFails) {
    expect(notOnce(reachable, it.accepted)).toEqual({});
    expect(duplicates).toBe(0);
    const matched = it.reports.reduce((sum, each) => sum + each.matched, report.matched);
    if (report.cursor === undefined) expect(matched).toBe(addressed.length);
    seen.calm++;
  }
  seen.parts += parts.size;
  seen.doubles += doubles;
  seen.leftovers += jobs.filter(({ part }) => part.includes("left")).length;
  seen.divided += jobs.filter(({ shard }) => shard !== undefined).length;
}

/** Of every part there is a report: no worker died between the end of its work and its report. */
function isReported(
  { reports }: WorkerWorld,
  jobs: readonly FanOutJob[],
  { shards }: Scenario,
): boolean {
  const reported = new Set(reports.map(({ part }) => part));
  const posted = jobs.filter(({ shard }) => shards === 1 || shard !== undefined);
  return posted.every(({ part }) => reported.has(part));
}

/** Every part that was ever sent was worked on to its end. */
async function expectDone(it: WorkerWorld, jobs: readonly FanOutJob[]): Promise<void> {
  for (const { id, part } of jobs) {
    const claim = { fanOutId: id, part, end: "", leaseUntil: 0, expireAt: 0 };
    const { status } = await it.store.fanOuts.claim(claim);
    expect(`${part} ${status}`).toBe(`${part} done`);
  }
}

/** Resumes until nothing is left. */
async function finish(it: WorkerWorld, body: string): Promise<void> {
  for (let cursor: string | undefined = body; cursor !== undefined; ) {
    const how = { deadlineMs: Number.POSITIVE_INFINITY };
    cursor = (await throughTime(it.resume(cursor, how))).cursor;
  }
}

it("each subscription gets the event, once when nothing goes wrong, whatever happens to workers and queue", async () => {
  await fc.assert(fc.asyncProperty(scenario, check), { numRuns: 250 });
  expect(seen.calm).toBeGreaterThan(50);
  expect(Math.min(seen.doubles, seen.dead, seen.leftovers, seen.divided)).toBeGreaterThan(5);
}, 300_000);
