import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PoolWidth } from "../../../src/publisher/poolWidth.ts";
import { seeded } from "../../seeded.ts";

interface Way {
  /** Of the network and the server, whatever the width. */
  readonly latencyMs: number;
  /** Of our one CPU, for each post. */
  readonly cpuMs: number;
  readonly forMs: number;
  readonly startMs?: number;
  /** It is the server's CPU and not ours. */
  readonly isServers?: boolean;
  /** Tells of the n-th post whether it is refused. */
  readonly refused?: (post: number) => boolean;
}

/** How busy the simulated CPU is. */
const cpu = { share: 0 };
const adaptivePool = () => new PoolWidth(undefined, () => cpu.share);

/** Posts as many as the pool is wide, one after the other through one CPU, side by side through the network. */
function simulate(pool: PoolWidth, way: Way) {
  const { latencyMs, cpuMs, forMs, startMs = 0, isServers = false, refused } = way;
  const underWay: { readonly begunAt: number; readonly endsAt: number }[] = [];
  const widths: number[] = [];
  let now = startMs;
  let cpuFreeAt = startMs;
  for (let post = 0; now < startMs + forMs; post++) {
    while (underWay.length < pool.current) {
      cpuFreeAt = Math.max(now, cpuFreeAt) + cpuMs;
      underWay.push({ begunAt: now, endsAt: cpuFreeAt + latencyMs });
    }
    const next = underWay.shift();
    if (next === undefined) throw new Error("nothing is under way");
    now = next.endsAt;
    cpu.share = isServers ? 0 : Math.min(1, (cpuMs * pool.current) / latencyMs);
    const answer = { latencyMs: now - next.begunAt, refused: refused?.(post) ?? false };
    pool.note(answer, true, now);
    widths.push(pool.current);
  }
  return { widths, now };
}

const everyNth = (n: number) => (post: number) => post % n === 0;

describe("the width of the pool", () => {
  it("grows from 64 to 256 at 30 ms a post while the CPU has time", () => {
    const pool = adaptivePool();
    expect(pool.current).toBe(64);
    const { widths } = simulate(pool, { latencyMs: 30, cpuMs: 0.05, forMs: 1_000 });
    expect(widths).toEqual(widths.toSorted((a, b) => a - b));
    expect(pool.current).toBe(256);
  });

  it("grows by 16 after a round of as many answers as it is wide", () => {
    const pool = adaptivePool();
    const answer = { latencyMs: 10, refused: false };
    for (let post = 1; post < 64; post++) pool.note(answer, post === 5, 1);
    expect(pool.current).toBe(64);
    pool.note(answer, false, 1);
    expect(pool.current).toBe(80);
    for (let post = 1; post <= 80; post++) pool.note(answer, false, 1);
    // Nobody waited for a place in this round.
    expect(pool.current).toBe(80);
  });

  it("stays while this thread is busy: the CPU is the limit", () => {
    const pool = adaptivePool();
    const { widths } = simulate(pool, { latencyMs: 10, cpuMs: 0.2, forMs: 60_000 });
    expect(new Set(widths)).toEqual(new Set([64]));
  });

  it("grows as far as this thread has time", () => {
    const pool = adaptivePool();
    simulate(pool, { latencyMs: 30, cpuMs: 0.2, forMs: 9_000 });
    // 0.9 of 30 ms in posts of 0.2 ms are 135.
    expect(pool.current).toBe(144);
  });

  it("stays where more only makes each post slower elsewhere", () => {
    const pool = adaptivePool();
    const way = { latencyMs: 1, cpuMs: 1, isServers: true, forMs: 9_000 };
    const { widths } = simulate(pool, way);
    expect(Math.max(...widths)).toBeLessThanOrEqual(96);
    expect(Math.min(...widths)).toBeGreaterThanOrEqual(64);
  });

  it("falls when posts get more than three times as slow", () => {
    const pool = adaptivePool();
    const { now } = simulate(pool, { latencyMs: 10, cpuMs: 0.05, forMs: 300 });
    const before = pool.current;
    simulate(pool, { latencyMs: 60, cpuMs: 0.05, forMs: 300, startMs: now });
    expect(pool.current).toBeLessThan(before * 0.8);
  });
});

describe("the width of a pool whose posts are refused", () => {
  it("halves while one in five is refused, down to 16", () => {
    const pool = adaptivePool();
    const refused = everyNth(5);
    const { widths } = simulate(pool, { latencyMs: 10, cpuMs: 0.05, forMs: 500, refused });
    expect([...new Set(widths)]).toEqual([64, 32, 16]);
  });

  it("holds while one in nine is refused", () => {
    const pool = adaptivePool();
    const way = { latencyMs: 10, cpuMs: 0.05, forMs: 500, refused: everyNth(9) };
    expect(new Set(simulate(pool, way).widths)).toEqual(new Set([64]));
  });

  it.each([1, 2, 3, 4, 5])("is not held back by one in twenty at random (seed %i)", (seed) => {
    const random = seeded(seed);
    const pool = adaptivePool();
    const way = { latencyMs: 30, cpuMs: 0.05, forMs: 3_000, refused: () => random() < 0.05 };
    const { widths } = simulate(pool, way);
    expect(Math.min(...widths)).toBe(64);
    expect(pool.current).toBeGreaterThan(200);
  });

  it("grows again once nothing is refused any more", () => {
    const pool = adaptivePool();
    const way = { latencyMs: 30, cpuMs: 0.05, forMs: 800 };
    const { now } = simulate(pool, { ...way, refused: everyNth(3) });
    expect(pool.current).toBe(16);
    simulate(pool, { ...way, forMs: 4_000, startMs: now });
    expect(pool.current).toBe(256);
  });
});

describe("the best latency", () => {
  it("is forgotten after a time", () => {
    const pool = adaptivePool();
    const { now } = simulate(pool, { latencyMs: 10, cpuMs: 0.01, forMs: 100 });
    // Twice as slow for ever: slower than the best, until that is forgotten.
    const slower = { latencyMs: 20, cpuMs: 0.01 };
    const held = simulate(pool, { ...slower, forMs: 15_000, startMs: now });
    expect(new Set(held.widths).size).toBe(1);
    simulate(pool, { ...slower, forMs: 8_000, startMs: held.now });
    expect(pool.current).toBe(256);
  });

  it("is forgotten too when nothing was posted since", () => {
    const pool = adaptivePool();
    simulate(pool, { latencyMs: 10, cpuMs: 0.01, forMs: 100 });
    const before = pool.current;
    simulate(pool, { latencyMs: 20, cpuMs: 0.01, forMs: 100, startMs: 3_600_000 });
    expect(pool.current).toBeGreaterThan(before);
  });
});

const answers = fc.array(
  fc.record({
    latencyMs: fc.oneof(fc.nat(20), fc.double({ min: 0, max: 1e5, noNaN: true })),
    refused: fc.boolean(),
    wasFull: fc.boolean(),
    afterMs: fc.nat(2_000),
    times: fc.integer({ min: 1, max: 300 }),
  }),
  { maxLength: 60 },
);

function widthsOf(
  pool: PoolWidth,
  given: typeof answers extends fc.Arbitrary<infer T> ? T : never,
) {
  const widths = new Set<number>();
  let now = 0;
  for (const { wasFull, afterMs, times, ...answer } of given) {
    now += afterMs;
    for (let time = 0; time < times; time++) {
      pool.note(answer, wasFull, now);
      widths.add(pool.current);
    }
  }
  return widths;
}

it("the width is whole, at least 16 and at most 256, whatever is answered", () => {
  const seen = new Set<number>();
  const property = fc.property(answers, (given) => {
    for (const width of widthsOf(adaptivePool(), given)) {
      seen.add(width);
      expect(width).toBeGreaterThanOrEqual(16);
      expect(width).toBeLessThanOrEqual(256);
      expect(Number.isInteger(width)).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 300 });
  expect(seen.has(16)).toBe(true);
  expect(Math.max(...seen)).toBeGreaterThan(100);
});

it("a pinned width never changes", () => {
  const property = fc.property(answers, fc.integer({ min: 1, max: 1_000 }), (given, pinned) => {
    const pool = new PoolWidth(pinned);
    expect(pool.current).toBe(pinned);
    for (const width of widthsOf(pool, given)) expect(width).toBe(pinned);
  });
  fc.assert(property, { numRuns: 100 });
});
