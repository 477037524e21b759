import { getEventListeners, setMaxListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fanOut } from "../../../src/publisher/fanOut.ts";
import { Gate } from "../../../src/publisher/gate.ts";
import { PoolWidth } from "../../../src/publisher/poolWidth.ts";
import { TokenBucket } from "../../../src/publisher/tokenBucket.ts";
import { range, start } from "./manualWork.ts";
import { pass, settled, throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const { signal } = new AbortController();
setMaxListeners(0, signal);
const limited = (perSecond: number, width = 64) =>
  new Gate(new PoolWidth(width), new TokenBucket(perSecond, performance.now()));

/** Takes a place once there is one; what became of that. */
function enter(gate: Gate, until: AbortSignal = signal) {
  const entry: { entered?: boolean } = {};
  void Promise.resolve(gate.enter(until)).then((entered) => {
    entry.entered = entered;
  });
  return entry;
}

describe("a place", () => {
  it("is there at once while the pool is not full", () => {
    const gate = new Gate(new PoolWidth(2));
    expect([gate.enter(signal), gate.enter(signal)]).toEqual([true, true]);
  });

  it("is given to those who wait in their order, one for each that is given back", async () => {
    const gate = new Gate(new PoolWidth(2));
    const entries = range(5).map(() => enter(gate));
    const entered = async () => {
      await settled();
      return entries.map((entry) => entry.entered === true);
    };
    expect(await entered()).toEqual([true, true, false, false, false]);
    gate.leave();
    expect(await entered()).toEqual([true, true, true, false, false]);
    gate.leave();
    gate.leave();
    expect(await entered()).toEqual([true, true, true, true, true]);
  });

  it("is not taken past those who wait", async () => {
    const gate = new Gate(new PoolWidth(1));
    enter(gate);
    const [second, third] = [enter(gate), enter(gate)];
    gate.leave();
    const fourth = enter(gate);
    gate.leave();
    await settled();
    expect([second.entered, third.entered, fourth.entered]).toEqual([true, true, undefined]);
  });

  it("is not taken past those who wait, in the moment that the rate allows it either", async () => {
    const gate = limited(1);
    expect(gate.enter(signal)).toBe(true);
    let third: ReturnType<typeof enter> = {};
    // Before the gate's own timer, at the same time.
    setTimeout(() => {
      third = enter(gate);
    }, 1_000);
    const second = enter(gate);
    await pass(1_001);
    expect([second.entered, third.entered]).toEqual([true, undefined]);
    await pass(1_000);
    expect(third.entered).toBe(true);
  });
});

describe("waiting for a place", () => {
  it("ends at the abort, and the next one in line gets the place", async () => {
    const gate = new Gate(new PoolWidth(1));
    enter(gate);
    const controller = new AbortController();
    const [second, third] = [enter(gate, controller.signal), enter(gate)];
    controller.abort();
    await settled();
    expect(second.entered).toBe(false);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    gate.leave();
    await settled();
    expect(third.entered).toBe(true);
    expect(gate.enter(controller.signal)).toBe(false);
  });

  it("leaves no listener", async () => {
    const gate = new Gate(new PoolWidth(1));
    const controller = new AbortController();
    enter(gate, controller.signal);
    const second = enter(gate, controller.signal);
    gate.leave();
    await settled();
    expect(second.entered).toBe(true);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});

describe("taking turns", () => {
  it("one to one person gets a place while one to ten thousand runs, after a round at most", async () => {
    const gate = new Gate(new PoolWidth(8));
    const stop = new AbortController();
    const signals = { stop: stop.signal, abort: stop.signal };
    let begun = 0;
    const work = async (item: number) => {
      begun++;
      await new Promise((resolve) => setTimeout(resolve, 1 + (item % 7)));
      return {};
    };
    const all = fanOut({ pages: [range(10_000)], work, gate, ...signals });
    for (let turn = 0; turn < 50; turn++) {
      await pass(3);
      const before = begun;
      let waited = Number.POSITIVE_INFINITY;
      const one = async () => {
        waited = begun - before;
        return {};
      };
      await throughTime(fanOut({ pages: [[0]], work: one, gate, ...signals }));
      expect(waited).toBeLessThanOrEqual(8);
    }
    expect(begun).toBeLessThan(10_000);
    stop.abort();
    expect((await throughTime(all)).allTaken).toBe(false);
  });

  it("two large ones take turns", async () => {
    const gate = new Gate(new PoolWidth(4));
    const one = start([range(500)], { gate });
    const other = start([range(500)], { gate });
    for (let turn = 0; turn < 200; turn++) {
      await settled();
      [...one.underWay, ...other.underWay][turn % 4]?.end();
    }
    expect(one.begun.length).toBeGreaterThan(95);
    // The first one had all four places before the second one came.
    expect(one.begun.length - other.begun.length).toBeLessThanOrEqual(4 + 1);
    for (const { stop, underWay, running } of [one, other]) {
      stop.abort();
      for (const each of [...underWay]) each.end();
      await running;
    }
  });
});

describe("postsPerSecond", () => {
  it("holds for two publishes at once together", async () => {
    const gate = limited(100);
    const times: number[] = [];
    const work = async () => {
      times.push(performance.now());
      return {};
    };
    const startMs = performance.now();
    const both = [range(60), range(60)].map((page) =>
      fanOut({ pages: [page], work, gate, stop: signal, abort: signal }),
    );
    await throughTime(Promise.all(both));
    expect(times.length).toBe(120);
    for (const [from, begunAt] of times.entries()) {
      const inSecond = times.slice(from).filter((at) => at < begunAt + 1_000).length;
      expect(inSecond).toBeLessThanOrEqual(110);
    }
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(1_090);
    expect(tookMs).toBeLessThan(1_300);
  });

  it("leaves no clock running when nobody waits any more", async () => {
    const gate = limited(1);
    expect(gate.enter(signal)).toBe(true);
    const controller = new AbortController();
    const second = enter(gate, controller.signal);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort();
    expect(vi.getTimerCount()).toBe(0);
    await settled();
    expect(second.entered).toBe(false);
  });

  it("does not pass for a pool that is too narrow", async () => {
    const width = new PoolWidth();
    const gate = new Gate(width, new TokenBucket(200, performance.now()));
    const work = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return { answer: { latencyMs: 10, refused: false, firstTry: true, connectionId: "c" } };
    };
    const pages = [range(500)];
    await throughTime(fanOut({ pages, work, gate, stop: signal, abort: signal }));
    expect(width.current).toBe(64);
  });
});

describe("a gate whose posts are refused", () => {
  it("lets nobody in during the pause, and goes on by itself", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON);
    const gate = new Gate(new PoolWidth(100));
    for (const _ of range(30)) void gate.enter(signal);
    for (const _ of range(22))
      gate.leave({ latencyMs: 1, refused: true, firstTry: true, connectionId: "c" });
    const entry = enter(gate);
    await pass(98);
    expect(entry.entered).toBeUndefined();
    await pass(4);
    expect(entry.entered).toBe(true);
  });

  it("becomes narrower, and wider again for those who wait", async () => {
    const width = new PoolWidth(undefined, () => 0);
    const gate = new Gate(width);
    const answer = { latencyMs: 1, firstTry: true, connectionId: "c" };
    // One in five of the 256 over which the share is taken.
    for (const post of range(256)) {
      void gate.enter(signal);
      gate.leave({ ...answer, refused: post % 5 === 0 });
    }
    expect(width.current).toBe(32);
    const entries = range(33).map(() => enter(gate));
    await settled();
    expect(entries.filter(({ entered }) => entered === true).length).toBe(32);
    for (const _ of range(256)) {
      gate.leave({ ...answer, refused: false });
      await settled();
      enter(gate);
    }
    expect(width.current).toBeGreaterThan(32);
  });
});
