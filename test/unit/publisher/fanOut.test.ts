import { expect, it } from "vitest";
import { fanOut } from "../../../src/publisher/fanOut.ts";

/** Work that ends when the test says so. */
function manualWork() {
  const underWay: { readonly item: number; readonly finish: () => void }[] = [];
  let most = 0;
  return {
    underWay,
    most: () => most,
    work: (item: number): Promise<void> =>
      new Promise((resolve) => {
        const one = {
          item,
          finish: () => {
            underWay.splice(underWay.indexOf(one), 1);
            resolve();
          },
        };
        underWay.push(one);
        most = Math.max(most, underWay.length);
      }),
  };
}

const range = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index);
const settled = () => new Promise((resolve) => setImmediate(resolve));
const { signal } = new AbortController();

it("C25: has more than one and never more than `concurrency` under way", async () => {
  const { work, underWay, most } = manualWork();
  const running = fanOut([range(7), [], range(6, 7)], work, { concurrency: 4, signal });
  const done: number[] = [];
  for (;;) {
    await settled();
    const [next] = underWay;
    if (next === undefined) break;
    done.push(next.item);
    next.finish();
  }
  expect(await running).toEqual({ complete: true });
  expect(most()).toBe(4);
  expect(done).toEqual(range(13));
});

it("R4: reads a page only when there is room for its items", async () => {
  const { work, underWay } = manualWork();
  let pagesRead = 0;
  const pages = (async function* () {
    for (const start of [0, 2, 4, 6]) {
      pagesRead++;
      yield range(2, start);
    }
  })();
  const running = fanOut(pages, work, { concurrency: 3, signal });
  await settled();
  expect(pagesRead).toBe(2);
  underWay[0]?.finish();
  await settled();
  expect(pagesRead).toBe(2);
  underWay[0]?.finish();
  await settled();
  expect(pagesRead).toBe(3);
  while (underWay.length > 0) {
    underWay[0]?.finish();
    await settled();
  }
  expect(await running).toEqual({ complete: true });
});

it("is complete without items", async () => {
  const never = () => Promise.reject(new Error("nothing to do"));
  expect(await fanOut([], never, { concurrency: 1, signal })).toEqual({ complete: true });
  expect(await fanOut([[], []], never, { concurrency: 1, signal })).toEqual({ complete: true });
});

it("R3: rejects for a page that cannot be read, once what is under way has ended", async () => {
  const { work, underWay } = manualWork();
  const pages = (async function* () {
    yield [1, 2];
    throw new Error("no page");
  })();
  let failed = false;
  const running = fanOut(pages, work, { concurrency: 3, signal }).catch((error: Error) => {
    failed = true;
    return error.message;
  });
  await settled();
  expect(failed).toBe(false);
  underWay[0]?.finish();
  await settled();
  expect(failed).toBe(false);
  underWay[0]?.finish();
  expect(await running).toBe("no page");
});

it("starts nothing after the abort, reads no further page, and waits for what is under way", async () => {
  const { work, underWay } = manualWork();
  const controller = new AbortController();
  let closed = false;
  const pages = (async function* () {
    try {
      for (;;) yield range(2);
    } finally {
      closed = true;
    }
  })();
  const running = fanOut(pages, work, { concurrency: 3, signal: controller.signal });
  await settled();
  expect(underWay.length).toBe(3);
  controller.abort();
  for (const left of [2, 1, 0]) {
    underWay[0]?.finish();
    await settled();
    expect(underWay.length).toBe(left);
  }
  expect(await running).toEqual({ complete: false });
  expect(closed).toBe(true);
});

it("is not complete when the abort meets the last items under way", async () => {
  const { work, underWay } = manualWork();
  const controller = new AbortController();
  const running = fanOut([range(2)], work, { concurrency: 3, signal: controller.signal });
  await settled();
  controller.abort();
  underWay[1]?.finish();
  underWay[0]?.finish();
  expect(await running).toEqual({ complete: false });
});
