import { getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fanOut } from "../../../src/publisher/fanOut.ts";
import { Gate } from "../../../src/publisher/gate.ts";
import { PoolWidth } from "../../../src/publisher/poolWidth.ts";
import { TokenBucket } from "../../../src/publisher/tokenBucket.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ms = fc.nat(6);
/** One try, and the time to the next one where it is refused. */
const oneTry = fc.record({ latencyMs: ms, againAfterMs: ms });
const item = fc.record({
  refused: fc.array(oneTry, { maxLength: 3 }),
  lastMs: ms,
});
type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;
const end = fc.constantFrom("all", "all", "all", "fails", "hangs");
const call = fc.record({
  pages: fc.array(fc.record({ items: fc.array(item, { maxLength: 6 }), latencyMs: ms }), {
    maxLength: 5,
  }),
  end,
  again: fc.array(item, { maxLength: 3 }),
  stopAtMs: fc.option(fc.nat(60)),
  drainMs: fc.nat(20),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const after = (delayMs: number) =>
  delayMs === 0
    ? Promise.resolve()
    : new Promise<void>((resolve) => setTimeout(resolve, delayMs, undefined));

/** Aborts `stop` and then `abort`, unless it is cancelled before. */
function stopLater({ stopAtMs, drainMs }: Call, [stop, abort]: readonly AbortController[]) {
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => {
    stop?.abort();
    timer = setTimeout(() => abort?.abort(), drainMs);
  };
  if (stopAtMs === 0) onStop();
  else if (stopAtMs !== null) timer = setTimeout(onStop, stopAtMs);
  return () => clearTimeout(timer);
}

/** Runs one call and holds it to what must be true of each. */
async function run(plan: Call, gate: Gate, onUnderWay: (change: 1 | -1) => void) {
  const stop = new AbortController();
  const abort = new AbortController();
  const hang = new Promise<never>(() => undefined);
  const state = { allRead: false, isOpen: false, underWay: 0 };
  const begun: Item[] = [];
  const tries = new Map<Item, number>();
  const finished: Item[] = [];
  const wrong: string[] = [];
  const pages = (async function* () {
    state.isOpen = true;
    try {
      for (const { items, latencyMs } of plan.pages) {
        await after(latencyMs);
        yield items;
      }
      if (plan.end === "fails") throw new Error("no page");
      if (plan.end === "hangs") await hang;
      state.allRead = true;
    } finally {
      state.isOpen = false;
    }
  })();
  const work = async (each: Item, attempt: number) => {
    if (stop.signal.aborted) wrong.push("begun after the stop");
    if (attempt !== (tries.get(each) ?? 0) + 1) wrong.push(`attempt ${attempt}`);
    if (finished.includes(each)) wrong.push("tried after it was done");
    if (attempt === 1) begun.push(each);
    tries.set(each, attempt);
    state.underWay++;
    onUnderWay(1);
    const refused = each.refused[attempt - 1];
    await after(refused?.latencyMs ?? each.lastMs);
    onUnderWay(-1);
    state.underWay--;
    if (refused !== undefined) return { againAfterMs: refused.againAfterMs };
    finished.push(each);
    return {};
  };
  const cancel = stopLater(plan, [stop, abort]);
  const signals = { stop: stop.signal, abort: abort.signal };
  const result = await fanOut({ pages, again: plan.again, work, gate, ...signals });
  cancel();
  return { result, state, begun, finished, wrong, signals };
}

function check(
  plan: Call,
  { result, state, begun, finished, wrong, signals }: Awaited<ReturnType<typeof run>>,
) {
  expect(wrong).toEqual([]);
  expect(state.underWay).toBe(0);
  const inOrder = plan.pages.flatMap(({ items }) => items);
  const fresh = begun.filter((each) => !plan.again.includes(each));
  // What was not begun is behind everything that was, so that a cursor can say where it begins.
  expect(fresh).toEqual(inOrder.slice(0, fresh.length));
  expect(new Set(finished).size).toBe(finished.length);
  // Done, waiting or never begun; each in one way.
  const left = new Set([...plan.again, ...begun].filter((each) => !finished.includes(each)));
  expect(new Set(result.waiting)).toEqual(left);
  expect(result.waiting.length).toBe(left.size);
  expect(result.allTaken).toBe(state.allRead && fresh.length === inOrder.length);
  const stopped = signals.stop.aborted;
  if (!stopped) expect(result.waiting).toEqual([]);
  if (!stopped) expect(result.allTaken).toBe(plan.end === "all");
  if ("error" in result) expect(plan.end).toBe("fails");
  if (plan.end === "fails" && !stopped) expect(result).toHaveProperty("error");
  if (!signals.abort.aborted) expect(state.isOpen).toBe(false);
  for (const signal of [signals.stop, signals.abort]) {
    expect(getEventListeners(signal, "abort")).toEqual([]);
  }
}

it("C25 R4: each item is done once, or waits, or was never begun, whatever happens when", async () => {
  let stops = 0;
  let waits = 0;
  const scenario = fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 3 }),
    width: fc.integer({ min: 1, max: 5 }),
    perSecond: fc.constantFrom(Number.POSITIVE_INFINITY, 300, 2_000),
  });
  const property = fc.asyncProperty(scenario, async ({ calls, width, perSecond }) => {
    vi.clearAllTimers();
    const gate = new Gate(new PoolWidth(width), new TokenBucket(perSecond, performance.now()));
    let underWay = 0;
    let most = 0;
    const note = (change: 1 | -1): void => {
      underWay += change;
      most = Math.max(most, underWay);
    };
    // One that hangs ends by its stop alone.
    const plans = calls.map((plan) =>
      plan.end === "hangs" ? { ...plan, stopAtMs: plan.stopAtMs ?? 60 } : plan,
    );
    const ends = await throughTime(Promise.all(plans.map((plan) => run(plan, gate, note))));
    for (const [index, one] of ends.entries()) {
      const plan = plans[index];
      if (plan !== undefined) check(plan, one);
      if (one.result.waiting.length > 0) waits++;
      if (!one.result.allTaken) stops++;
    }
    expect(most).toBeLessThanOrEqual(width);
    // A page that is not waited for any more is the test's own timer.
    if (ends.every(({ state }) => !state.isOpen)) expect(vi.getTimerCount()).toBe(0);
    for (let place = 0; place < width; place++) {
      expect(await throughTime(Promise.resolve(gate.enter(new AbortController().signal)))).toBe(
        true,
      );
    }
    // No place was lost, and none was given back twice.
    const full = new AbortController();
    const oneMore = Promise.resolve(gate.enter(full.signal));
    vi.advanceTimersByTime(1_000);
    full.abort();
    expect(await oneMore).toBe(false);
  });
  await fc.assert(property, { numRuns: 1_500 });
  // The scenarios are worth something.
  expect(stops).toBeGreaterThan(200);
  expect(waits).toBeGreaterThan(100);
}, 60_000);
