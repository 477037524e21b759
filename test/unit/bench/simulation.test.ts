import { afterEach, describe, expect, it, vi } from "vitest";
import { measuredIn } from "../../../bench/simulation/measured.ts";
import { ASSUMPTIONS, type Model, modelOf } from "../../../bench/simulation/model.ts";
import { totalOf } from "../../../bench/simulation/prices.ts";
import { tablesOf } from "../../../bench/simulation/scenarios.ts";
import { type Outcome, simulate } from "../../../bench/simulation/simulation.ts";
import type { Scenario } from "../../../bench/simulation/world.ts";
import { sqs } from "../../../src/sqs/index.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const MODEL = modelOf(ASSUMPTIONS);
const SUBSCRIBERS = 30_000;
const QUEUE = { subscribers: SUBSCRIBERS, way: "queue", shards: 1, memoryMb: 1_769 } as const;
const ALONE = { ...QUEUE, way: "alone" } as const;

const run = (scenario: Scenario, changes: Partial<Model> = {}, seed = 1): Outcome =>
  simulate(scenario, { ...MODEL, ...changes }, seed);

/** Far more workers than the account has requests for. */
const CROWD = { pollersAtFirst: 50, accountPostsPerSecond: 2_000, accountBurst: 1_000 };
/** Nothing but reading takes time worth mentioning. */
const SLOW_READS = { partitionReadUnits: 260, accountPostsPerSecond: 1e6, cpuPerPostUs: 20 };

describe("every subscriber", () => {
  it.each([
    ["one Lambda", ALONE],
    ["one Lambda of little memory", { ...ALONE, memoryMb: 256 }],
    ["a queue without shards", QUEUE],
    ["a queue with 8 shards", { ...QUEUE, shards: 8 }],
    ["a queue with 32 shards", { ...QUEUE, shards: 32 }],
    ["fewer than the publisher's own", { ...QUEUE, subscribers: 999 }],
    ["as many as the publisher's own", { ...QUEUE, subscribers: 1_000 }],
    ["one more than the publisher's own", { ...QUEUE, subscribers: 1_001 }],
    ["nobody", { ...QUEUE, subscribers: 0 }],
  ] as const)("is delivered to: %s", (_, scenario) => {
    const { counts } = run(scenario, { accountPostsPerSecond: 1e6, accountBurst: 1e6 });
    expect(counts).toMatchObject({ delivered: scenario.subscribers, refused: 0, givenUp: 0 });
  });

  it.each([1, 8, 32])(
    "is delivered to or given up once, with %i shards and many refusals",
    (shards) => {
      const { counts } = run({ ...QUEUE, shards }, CROWD);
      expect(counts.refused).toBeGreaterThan(SUBSCRIBERS / 2);
      expect(counts.delivered + counts.givenUp).toBe(SUBSCRIBERS);
    },
  );

  it("is taken by a later call once, however many deadlines come", () => {
    const changes = { deadlineMs: 2_000, accountPostsPerSecond: 2_500, accountBurst: 500 };
    const { counts } = run(ALONE, changes);
    expect(counts.refused).toBeGreaterThan(0);
    expect(counts.invocations).toBeGreaterThanOrEqual(10);
    expect(counts.delivered + counts.givenUp).toBe(SUBSCRIBERS);
  });

  it("of a worker that runs out of time is in a message of its own", () => {
    const slow = { workerTimeoutMs: 4_000, cpuPerPostUs: 1_000 };
    const { counts } = run(QUEUE, slow);
    // 1.5 s of posting each, where a part takes 5 s.
    expect(counts.messages).toBeGreaterThan((2 * SUBSCRIBERS) / MODEL.recipientsPerMessage);
    expect(counts.delivered).toBe(SUBSCRIBERS);
  });
});

describe("limits", () => {
  it("lets no second have more posts than the account's rate and burst", () => {
    const { peakPostsPerSecond, counts } = run({ ...QUEUE, shards: 8 }, CROWD);
    expect(peakPostsPerSecond).toBeLessThanOrEqual(3_000);
    const leastMs = ((counts.delivered - 1_000) / 2_000) * 1_000;
    expect(counts.lastDeliveryMs).toBeGreaterThanOrEqual(leastMs);
  });

  it.each([1, 8, 32])("lets no second read more than a partition has, with %i shards", (shards) => {
    const { peakPartitionReadUnits, counts } = run({ ...QUEUE, shards }, SLOW_READS);
    expect(peakPartitionReadUnits).toBeLessThanOrEqual(260);
    const leastMs = (counts.readUnits / shards / 260 - 1) * 1_000;
    expect(counts.lastDeliveryMs).toBeGreaterThanOrEqual(leastMs);
  });

  it("makes a publish with more shards no slower when reading is the bottleneck", () => {
    const [one, eight, many] = [1, 8, 32].map((shards) => run({ ...QUEUE, shards }, SLOW_READS));
    expect(one?.bound.bottleneck).toBe("partition reads");
    expect(one?.counts.lastDeliveryMs).toBeGreaterThan(eight?.counts.lastDeliveryMs ?? Infinity);
    expect(eight?.counts.lastDeliveryMs).toBeGreaterThanOrEqual(
      many?.counts.lastDeliveryMs ?? Infinity,
    );
  });

  it("starts no more workers than the queue may", () => {
    const { counts } = run({ ...QUEUE, shards: 32, maxWorkers: 3 });
    expect(counts.mostAtOnce).toBe(3);
    expect(run({ ...QUEUE, shards: 32 }).counts.mostAtOnce).toBeGreaterThanOrEqual(5);
  });

  it("takes twice the time for posts on half a core", () => {
    const whole = run(ALONE).counts.lastDeliveryMs - MODEL.coldStartMs;
    const half = run({ ...ALONE, memoryMb: 1_769 / 2 }).counts.lastDeliveryMs - MODEL.coldStartMs;
    expect(half / whole).toBeGreaterThan(1.8);
    expect(half / whole).toBeLessThan(2.1);
    expect(whole).toBeGreaterThanOrEqual((SUBSCRIBERS * MODEL.cpuPerPostUs) / 1_000);
  });
});

describe("an outcome", () => {
  it("is the same for the same seed, and not for another", () => {
    const scenario = { ...QUEUE, shards: 8 };
    expect(run(scenario, CROWD, 7)).toEqual(run(scenario, CROWD, 7));
    expect(run(scenario, CROWD, 8)).not.toEqual(run(scenario, CROWD, 7));
  });

  it("costs its counts times the prices", () => {
    const { counts, dollars } = run({ ...QUEUE, shards: 8, memoryMb: 512 }, CROWD);
    expect(dollars.apiGateway).toBeCloseTo(counts.delivered / 1e6, 12);
    expect(dollars.lambda).toBeCloseTo(
      (counts.billedMs / 1_000) * 0.5 * 0.0000133334 + (counts.invocations * 0.2) / 1e6,
      12,
    );
    const units = counts.readUnits * 0.125 + counts.writeUnits * 0.625;
    expect(dollars.dynamoDB).toBeCloseTo(units / 1e6, 12);
    expect(dollars.sqs).toBeCloseTo((counts.queueRequests * 0.4) / 1e6, 12);
    const { apiGateway, lambda, dynamoDB } = dollars;
    expect(totalOf(dollars)).toBe(apiGateway + lambda + dynamoDB + dollars.sqs);
  });

  it("counts messages, claims and reads as the workers make them", () => {
    const { counts } = run({ ...QUEUE, subscribers: 10_000 });
    // 1,000, then 250 and 4,821 rows of 217.5 bytes, then the rest: two messages.
    expect(counts).toMatchObject({ invocations: 3, messages: 2, writeUnits: 5 });
    // Sent, received, deleted.
    expect(counts.queueRequests).toBe(6);
    expect(counts.largestPart).toBe(5_071);
    // A signing key for the publisher and each cold worker, and four pages that were cut off or read to the end.
    expect(counts.readUnits).toBeGreaterThanOrEqual(531 + counts.coldStarts);
    expect(counts.readUnits).toBeLessThan(531 + 256 + 10);
  });
});

describe("what it shares with the library", () => {
  it("hands over as many as the queue's threshold says", () => {
    const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out";
    expect(sqs({ queueUrl }).threshold).toBe(MODEL.ownRecipients);
  });
});

describe("measuredIn", () => {
  const RESULTS = [
    "`npm run bench` on 2026-01-02: Node",
    "### 1,000 of 30,000 rows, 10 ms",
    "",
    "| program | time ms | CPU µs/post | RRU |",
    "| this library | 1 | 999 | 9 |",
    "",
    "### 10,000 of 30,000 rows, 10 ms",
    "",
    "| program | time ms | CPU µs/post | RRU |",
    "| - | -: | -: | -: |",
    "| this library, postPath send | 3 | 452 | 800 |",
    "| this library | 2 | 1,225 | 531 |",
    "",
    "## Cold start",
  ].join("\n");

  it("finds the library's row", () => {
    const { cpuPerPostUs, readUnitsPerThousand } = measuredIn(RESULTS);
    expect(cpuPerPostUs).toMatchObject({ value: 1_225, basis: "measured" });
    expect(readUnitsPerThousand).toMatchObject({ value: 53.1, basis: "measured" });
    expect(cpuPerPostUs?.source).toContain("2026-01-02");
  });

  it("says nothing where the row is not", () => {
    expect(measuredIn("")).toEqual({});
    expect(measuredIn(RESULTS.replaceAll("| this library |", "| another |"))).toEqual({});
  });

  it("leaves what is not measured marked as assumed", () => {
    expect(ASSUMPTIONS.cpuPerPostUs.basis).toBe("assumed");
    const bases = Object.values(ASSUMPTIONS).map(({ basis }) => basis);
    expect(bases).not.toContain("measured");
  });
});

describe("tablesOf", () => {
  it("has every audience, way and number of shards, and a million with the raised quota", () => {
    const [first, , raised] = tablesOf(MODEL, 40_000);
    const rows = first?.scenarios.map(
      ({ subscribers, way, shards, maxWorkers }) =>
        `${subscribers} ${way} ${shards}${maxWorkers === undefined ? "" : " bounded"}`,
    );
    for (const subscribers of [10_000, 100_000, 1_000_000]) {
      expect(rows).toContain(`${subscribers} alone 1`);
      for (const shards of [1, 8, 32]) {
        expect(rows).toContain(`${subscribers} queue ${shards}`);
        expect(rows).toContain(`${subscribers} queue ${shards} bounded`);
      }
    }
    expect(raised?.model.accountPostsPerSecond).toBe(40_000);
    expect(new Set(raised?.scenarios.map(({ subscribers }) => subscribers))).toEqual(
      new Set([1_000_000]),
    );
  });
});
