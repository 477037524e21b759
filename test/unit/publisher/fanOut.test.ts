import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gate } from "../../../src/publisher/gate.ts";
import { PoolWidth } from "../../../src/publisher/poolWidth.ts";
import { countedPages, range, start } from "./manualWork.ts";
import { pass, settled } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const done = { allTaken: true, waiting: [] };
const cut = { allTaken: false, waiting: [] };
const never = () => new Promise<never>(() => undefined);

describe("fanOut", () => {
  it("C25: has more than one and never more than the pool's width under way", async () => {
    const { running, underWay, begun, seen, listeners } = start([range(7), [], range(6, 7)], {
      width: 4,
    });
    for (;;) {
      await settled();
      const [next] = underWay;
      if (next === undefined) break;
      next.end();
    }
    expect(await running).toEqual(done);
    expect(seen.most).toBe(4);
    expect(begun).toEqual(range(13));
    expect(listeners()).toBe(0);
  });

  it("is done without items", async () => {
    expect(await start([]).running).toEqual(done);
    expect(await start([[], []]).running).toEqual(done);
  });

  it("begins before the second page is there", async () => {
    const pages = (async function* () {
      yield range(2);
      await never();
    })();
    const { underWay, stop, abort, running } = start(pages);
    await settled();
    expect(underWay.map(({ item }) => item)).toEqual([0, 1]);
    for (const each of [...underWay]) each.end();
    stop.abort();
    abort.abort();
    expect(await running).toEqual(cut);
  });
});

describe("R4: pages", () => {
  it("are read one ahead of the one that is worked on, and no more", async () => {
    const { pages, count } = countedPages([2, 4, 6, 8, 10].map((from) => range(2, from)));
    const { running, underWay, begun } = start(pages, { width: 1 });
    for (let ended = 0; ended < 10; ended++) {
      await settled();
      expect(begun.length).toBe(ended + 1);
      // The one that is begun next, the one behind it; the sixth is the end.
      expect(count.asked).toBe(Math.min(Math.floor(begun.length / 2) + 2, 6));
      underWay[0]?.end();
    }
    expect(await running).toEqual(done);
  });

  it("are let go of: a hundred pages, and never more than two that wait", async () => {
    const { pages, count } = countedPages(range(100).map((page) => range(50, page * 50)));
    const { running, underWay, begun } = start(pages, { width: 16 });
    for (;;) {
      await settled();
      expect(count.asked - Math.floor(begun.length / 50)).toBeLessThanOrEqual(2);
      if (underWay.length === 0) break;
      for (const each of [...underWay]) each.end();
    }
    expect(await running).toEqual(done);
    expect(begun).toEqual(range(5_000));
  });
});

describe("R3: a page that cannot be read", () => {
  it("ends the fan-out once what is under way has ended, and is told", async () => {
    const pages = (async function* () {
      yield [1, 2];
      throw new Error("no page");
    })();
    const { running, underWay, seen } = start(pages);
    for (const left of [2, 1]) {
      await settled();
      expect(underWay.length).toBe(left);
      expect(seen.isOver).toBe(false);
      underWay[0]?.end();
    }
    expect(await running).toEqual({ ...cut, error: new Error("no page") });
  });

  it("leaves those that wait for another try their tries", async () => {
    const pages = (async function* () {
      yield [1];
      throw new Error("no page");
    })();
    const { running, underWay } = start(pages);
    await settled();
    underWay[0]?.end({ againAfterMs: 50 });
    await pass(60);
    expect(underWay).toMatchObject([{ item: 1, attempt: 2 }]);
    underWay[0]?.end();
    expect(await running).toEqual({ ...cut, error: new Error("no page") });
  });

  it("is told even when it failed with nothing", async () => {
    const pages = (async function* () {
      yield await Promise.reject(undefined);
    })();
    expect("error" in (await start(pages).running)).toBe(true);
  });

  it("after the stop is no news", async () => {
    const stopped = new AbortController();
    const pages = (async function* () {
      await new Promise((resolve) => stopped.signal.addEventListener("abort", resolve));
      yield await Promise.reject(new Error("told to stop"));
    })();
    const { running, stop } = start(pages);
    await settled();
    stop.abort();
    stopped.abort();
    expect(await running).toEqual(cut);
  });

  it("does not make it reject when the pages cannot be closed either", async () => {
    const pages = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: [1] }),
        return: () => Promise.reject(new Error("not closed")),
      }),
    };
    const { running, stop, underWay } = start(pages);
    await settled();
    stop.abort();
    for (const each of [...underWay]) each.end();
    expect(await running).toMatchObject({ allTaken: false });
  });
});

describe("after the stop", () => {
  it("nothing is begun, what is under way ends, and the pages are closed", async () => {
    const { pages, count } = countedPages(range(100).map(() => range(2)));
    const { running, stop, underWay, begun, seen, listeners } = start(pages);
    await settled();
    expect(underWay.length).toBe(3);
    const { asked } = count;
    stop.abort();
    for (const left of [2, 1, 0]) {
      expect(seen.isOver).toBe(false);
      underWay[0]?.end();
      await settled();
      expect(underWay.length).toBe(left);
    }
    expect(await running).toEqual(cut);
    expect(begun.length).toBe(3);
    expect(count).toEqual({ asked, closed: true });
    expect(listeners()).toBe(0);
  });

  it("it is done nevertheless when the last items were under way", async () => {
    const { running, stop, underWay } = start([range(2)]);
    await settled();
    stop.abort();
    for (const each of [...underWay]) each.end();
    expect(await running).toEqual(done);
  });

  it("and before the start, nothing is read", async () => {
    const { pages, count } = countedPages([range(2)]);
    const { running, begun } = start(pages, { stopped: true, again: [7, 8] });
    expect(await running).toEqual({ allTaken: false, waiting: [7, 8] });
    expect(begun).toEqual([]);
    expect(count.asked).toBe(0);
  });

  it("a page that is being read is waited for until the abort, and not beyond", async () => {
    const pages = (async function* () {
      yield [1];
      await never();
    })();
    const { running, stop, abort, underWay, seen, listeners } = start(pages);
    await settled();
    underWay[0]?.end();
    stop.abort();
    await settled();
    expect(seen.isOver).toBe(false);
    abort.abort();
    expect(await running).toEqual(cut);
    expect(listeners()).toBe(0);
  });

  it("a page that comes then is not begun", async () => {
    let bring: (page: readonly number[]) => void = () => undefined;
    const page = new Promise<readonly number[]>((resolve) => {
      bring = resolve;
    });
    const { pages, count } = countedPages(
      (async function* () {
        yield await page;
      })(),
    );
    const { running, stop, begun } = start(pages);
    await settled();
    stop.abort();
    bring([1, 2]);
    expect(await running).toEqual(cut);
    expect(begun).toEqual([]);
    expect(count.closed).toBe(true);
  });
});

describe("the stop meets a fan-out that waits for a place", () => {
  it("and it ends without one, and without keeping one", async () => {
    const gate = new Gate(new PoolWidth(1));
    const first = start([[1]], { gate });
    const second = start([[2, 3]], { gate });
    await settled();
    expect(second.begun).toEqual([]);
    second.stop.abort();
    expect(await second.running).toEqual(cut);
    expect(second.listeners()).toBe(0);
    first.underWay[0]?.end();
    expect(await first.running).toEqual(done);
    expect(gate.enter(new AbortController().signal)).toBe(true);
  });

  it("in the moment that it gets one, and it gives that back", async () => {
    const gate = new Gate(new PoolWidth(1));
    expect(gate.enter(new AbortController().signal)).toBe(true);
    const { running, stop, begun } = start([[1]], { gate });
    await settled();
    gate.leave();
    stop.abort();
    expect(await running).toEqual(cut);
    expect(begun).toEqual([]);
    expect(gate.enter(new AbortController().signal)).toBe(true);
  });
});
