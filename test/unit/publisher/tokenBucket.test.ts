import fc from "fast-check";
import { expect, it } from "vitest";
import { TokenBucket } from "../../../src/publisher/tokenBucket.ts";

/** Posts whenever it is let, `steps` times, at a clock that goes on in these steps and while it waits. */
function post(perSecond: number, steps: readonly number[]): readonly number[] {
  const bucket = new TokenBucket(perSecond, 0);
  const posts: number[] = [];
  let now = 0;
  for (const step of steps) {
    now += step;
    while (bucket.waitMs(now) === 0) {
      bucket.take();
      posts.push(now);
    }
  }
  return posts;
}

it("never lets more than a tenth of a second's and the rate pass, in any window", () => {
  const rate = fc.oneof(
    fc.double({ min: 0.01, max: 3, noNaN: true }),
    fc.double({ min: 3, max: 2_000, noNaN: true }),
    fc.integer({ min: 1, max: 1_000 }),
  );
  const step = fc.oneof(
    fc.constant(0),
    fc.double({ min: 0, max: 3, noNaN: true }),
    fc.nat(50),
    fc.nat(100_000),
  );
  let most = 0;
  const property = fc.property(rate, fc.array(step, { maxLength: 40 }), (perSecond, steps) => {
    const posts = post(perSecond, steps);
    most = Math.max(most, posts.length);
    const burst = Math.max(1, perSecond / 10);
    for (let from = 0; from < posts.length; from += 7) {
      for (let to = from; to < posts.length; to += 3) {
        const seconds = ((posts[to] ?? 0) - (posts[from] ?? 0)) / 1000;
        expect(to - from + 1).toBeLessThanOrEqual(burst + perSecond * seconds + 1e-6);
      }
    }
  });
  fc.assert(property, { numRuns: 300 });
  expect(most).toBeGreaterThan(100);
});

it.each([
  [0.01, 100_000],
  [0.3, 3_334],
  [1, 1_000],
  [7.5, 134],
])("%d per second: one at once, the next after %i ms", (perSecond, waitMs) => {
  const bucket = new TokenBucket(perSecond, 50);
  expect(bucket.waitMs(50)).toBe(0);
  bucket.take();
  expect(bucket.waitMs(50)).toBe(waitMs);
  expect(bucket.waitMs(50 + waitMs - 1)).toBeGreaterThan(0);
  expect(bucket.waitMs(50 + waitMs)).toBe(0);
});

it("250 per second: 25 at once, then one every 4 ms, and after a pause 25 again", () => {
  const posts = post(250, [0, ...Array<number>(100).fill(1), 60_000, 0, 0]);
  expect(posts.slice(0, 27)).toEqual([...Array<number>(25).fill(0), 4, 8]);
  expect(posts.filter((at) => at <= 100).length).toBe(50);
  expect(posts.filter((at) => at > 1_000).length).toBe(25);
});

it("uses all of the rate when it is asked as often as it says", () => {
  for (const perSecond of [0.7, 3, 250, 999]) {
    const bucket = new TokenBucket(perSecond, 0);
    let now = 0;
    let posts = 0;
    while (now < 100_000) {
      const waitMs = bucket.waitMs(now);
      now += waitMs;
      if (waitMs > 0) continue;
      bucket.take();
      posts++;
    }
    // It is asked in whole milliseconds.
    expect(posts).toBeGreaterThanOrEqual(100 * perSecond - 2);
  }
});

it("lets nothing more pass while the clock stands still", () => {
  const bucket = new TokenBucket(50, 10);
  let posts = 0;
  for (let ask = 0; ask < 1_000; ask++) {
    if (bucket.waitMs(10) > 0) continue;
    bucket.take();
    posts++;
  }
  expect(posts).toBe(5);
});

it("has no limit at Infinity", () => {
  const bucket = new TokenBucket(Number.POSITIVE_INFINITY, 0);
  for (let post = 0; post < 100_000; post++) {
    bucket.take();
    if (bucket.waitMs(0) !== 0) throw new Error(`post ${post} has to wait`);
  }
  expect(bucket.waitMs(0)).toBe(0);
});
