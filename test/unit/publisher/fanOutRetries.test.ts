import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { countedPages, range, start } from "./manualWork.ts";
import { pass, settled } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it("C25: an item that waits for another try holds no place", async () => {
  const { running, underWay } = start([[1, 2]], { width: 1 });
  await settled();
  expect(underWay).toMatchObject([{ item: 1, attempt: 1 }]);
  underWay[0]?.end({ againAfterMs: 100 });
  await settled();
  expect(underWay).toMatchObject([{ item: 2, attempt: 1 }]);
  underWay[0]?.end();
  await pass(99);
  expect(underWay).toEqual([]);
  await pass(2);
  expect(underWay).toMatchObject([{ item: 1, attempt: 2 }]);
  underWay[0]?.end({ againAfterMs: 0 });
  await pass(1);
  expect(underWay).toMatchObject([{ item: 1, attempt: 3 }]);
  underWay[0]?.end();
  expect(await running).toEqual({ allTaken: true, waiting: [] });
});

it("what is due is tried before new items are begun", async () => {
  const { running, underWay, begun } = start([range(4, 1)], { width: 1 });
  await settled();
  underWay[0]?.end({ againAfterMs: 10 });
  await pass(11);
  underWay[0]?.end();
  await settled();
  expect(begun).toEqual([1, 2, 1]);
  while (underWay.length > 0) {
    underWay[0]?.end();
    await settled();
  }
  await running;
  expect(begun).toEqual([1, 2, 1, 3, 4]);
});

it("items taken before come first, each as a first try", async () => {
  const { running, underWay, begun } = start([[3]], { again: [1, 2], width: 1 });
  await settled();
  while (underWay.length > 0) {
    expect(underWay).toMatchObject([{ attempt: 1 }]);
    underWay[0]?.end();
    await settled();
  }
  expect(await running).toEqual({ allTaken: true, waiting: [] });
  expect(begun).toEqual([1, 2, 3]);
});

it("R4: with 256 that wait nothing new is begun and no page is read, until some are done", async () => {
  const { pages, count } = countedPages(range(40).map((page) => range(100, page * 100)));
  const { running, underWay, begun } = start(pages, { width: 4 });
  await settled();
  while (underWay.length > 0) {
    for (const each of [...underWay]) each.end({ againAfterMs: 1_000 });
    await settled();
  }
  expect(begun.length).toBeGreaterThanOrEqual(256);
  // Those that were under way when the last place to wait was taken.
  expect(begun.length).toBeLessThan(256 + 4);
  expect(count.asked).toBe(4);
  const tried = begun.length;
  await pass(1_001);
  while (begun.length < tried + 256) {
    expect(underWay.every(({ attempt }) => attempt === 2)).toBe(true);
    for (const each of [...underWay]) each.end();
    await settled();
  }
  while (underWay.length > 0) {
    for (const each of [...underWay]) each.end();
    await settled();
  }
  expect(await running).toEqual({ allTaken: true, waiting: [] });
  expect(new Set(begun).size).toBe(4_000);
  expect(begun.length).toBe(4_000 + tried);
});

it("the stop leaves those that wait to somebody else", async () => {
  const { running, underWay, stop, listeners } = start([[1, 2, 3]], { again: [7], width: 2 });
  await settled();
  expect(underWay.map(({ item }) => item)).toEqual([7, 1]);
  underWay[0]?.end({ againAfterMs: 100 });
  underWay[0]?.end({ againAfterMs: 5_000 });
  await settled();
  stop.abort();
  await settled();
  underWay[0]?.end({ againAfterMs: 10 });
  underWay[0]?.end();
  expect(await running).toEqual({ allTaken: true, waiting: [7, 1, 2] });
  expect(listeners()).toBe(0);
});

it("after the stop no clock runs for a try that will not be", async () => {
  const { running, underWay, stop } = start([[1, 2]], { width: 2 });
  await settled();
  underWay[0]?.end({ againAfterMs: 5 });
  await settled();
  stop.abort();
  await settled();
  expect(vi.getTimerCount()).toBe(0);
  underWay[0]?.end();
  expect(await running).toEqual({ allTaken: true, waiting: [1] });
});
