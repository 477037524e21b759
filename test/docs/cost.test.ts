import { expect, it } from "vitest";
import { HANDLER_MS, monthlyCost, POST_MS, totalOf, type Usage } from "../../docs/cost/cost.ts";
import { amountsOf, EXAMPLE, forEach, perMillion, USAGE_FIELDS } from "../../docs/cost/form.ts";
import measured from "../../docs/cost/measured.data.ts";
import { US_EAST_1 } from "../../docs/cost/prices.ts";

const { prices } = US_EAST_1;
const work = { cpuPerPostUs: 200, readUnitsPerThousand: 50 };

const nothing: Usage = {
  subscribers: 0,
  hoursPerDay: 0,
  publishesPerHour: 0,
  audience: 0,
  filters: 0,
  messageBytes: 500,
  keepAliveMinutes: 0,
  memoryMb: 1_024,
};

/** Ten hours a day of 30 days: 300 hours. */
const cost = (usage: Partial<Usage>) =>
  monthlyCost({ ...nothing, hoursPerDay: 10, ...usage }, work, prices);

it("costs nothing while nobody does anything", () => {
  expect(totalOf(monthlyCost(nothing, work, prices))).toBe(0);
});

it("takes $15 for the minutes of a million connection hours", () => {
  // 10,000 x 10 h x 10 of the 30 days.
  expect(cost({ subscribers: 10_000 }).connectionMinutes).toBeCloseTo(45, 9);
});

it("counts what connecting, subscribing and disconnecting take, every two hours anew", () => {
  // 1,000 clients x 30 days x 5 times: 150,000.
  const { otherMessages, reads, writes, lambda } = cost({ subscribers: 1_000, filters: 2 });
  expect(otherMessages).toBeCloseTo(0.3, 9);
  expect(reads).toBeCloseTo(300_000 * 0.125e-6, 9);
  // Each: 1 for $connect, 2 x (3 + 2) to subscribe, 1 + 3 for $disconnect.
  expect(writes).toBeCloseTo(150_000 * 15 * 0.625e-6, 9);
  const gbSeconds = 450_000 * (HANDLER_MS / 1_000);
  expect(lambda).toBeCloseTo(450_000 * 0.2e-6 + gbSeconds * 0.0000133334, 9);
});

it("takes a dollar for a million deliveries", () => {
  // 300 hours x 1,000 x 100: 30 million.
  expect(cost({ publishesPerHour: 1_000, audience: 100 }).deliveries).toBeCloseTo(30, 9);
});

it("meters a message by 32 KB", () => {
  const usage = { publishesPerHour: 1_000, audience: 100 };
  expect(cost({ ...usage, messageBytes: 32_768 }).deliveries).toBeCloseTo(30, 9);
  expect(cost({ ...usage, messageBytes: 32_769 }).deliveries).toBeCloseTo(60, 9);
});

it("takes less beyond a thousand million messages", () => {
  // 300 hours x 1,000 x 10,000: 3,000 million.
  expect(cost({ publishesPerHour: 1_000, audience: 10_000 }).deliveries).toBeCloseTo(2_600, 6);
});

it("counts PING and PONG of clients that hear nothing for so long", () => {
  // 1,000 clients x 300 hours x 12.
  const silent = cost({ subscribers: 1_000, keepAliveMinutes: 5 });
  const without = cost({ subscribers: 1_000 });
  expect(silent.otherMessages - without.otherMessages).toBeCloseTo(7.2, 9);
  expect(silent.reads).toBe(without.reads);
  const busy = cost({
    subscribers: 1_000,
    keepAliveMinutes: 5,
    publishesPerHour: 12,
    audience: 1_000,
  });
  expect(busy.otherMessages).toBeCloseTo(without.otherMessages, 9);
});

it("takes the time of posting from the CPU a function has", () => {
  const usage = { publishesPerHour: 1, audience: 100_000 };
  const seconds = (memoryMb: number): number => {
    const { lambda } = cost({ ...usage, memoryMb });
    return (lambda - 300 * 0.2e-6) / (300 * (memoryMb / 1_024) * 0.0000133334);
  };
  // 100,000 x 0.2 ms on a whole core, and on half of one.
  expect(seconds(1_769)).toBeCloseTo(HANDLER_MS / 1_000 + 20, 6);
  expect(seconds(1_769 / 2)).toBeCloseTo(HANDLER_MS / 1_000 + 40, 6);
  expect(seconds(3_538)).toBeCloseTo(HANDLER_MS / 1_000 + 20, 6);
});

it("waits for one answer at least", () => {
  const { lambda } = cost({ publishesPerHour: 1, audience: 1 });
  const gbSeconds = 300 * ((HANDLER_MS + POST_MS) / 1_000);
  expect(lambda).toBeCloseTo(300 * 0.2e-6 + gbSeconds * 0.0000133334, 9);
});

it("reads a unit at least", () => {
  expect(cost({ publishesPerHour: 1_000, audience: 1 }).reads).toBeCloseTo(0.0375, 9);
  expect(cost({ publishesPerHour: 1_000, audience: 1_000 }).reads).toBeCloseTo(1.875, 9);
});

it("reads what was measured from the benchmark's page", () => {
  const { cpuPerPostUs, readUnitsPerThousand, source } = measured.load();
  expect(cpuPerPostUs).toBeGreaterThan(0);
  expect(readUnitsPerThousand).toBeGreaterThan(0);
  expect(source).toContain("bench/RESULTS.md");
});

it("takes what somebody typed for what it may be", () => {
  const typed = { ...EXAMPLE, subscribers: "", hoursPerDay: 48, audience: -1, filters: "many" };
  expect(amountsOf(USAGE_FIELDS, typed)).toEqual({
    ...EXAMPLE,
    subscribers: 0,
    hoursPerDay: 24,
    audience: 0,
    filters: 0,
  });
});

it("writes prices for a million, and reads them again", () => {
  expect(perMillion(prices)).toEqual({
    message: 1,
    messageBeyond: 0.8,
    connectionMinute: 0.25,
    invocation: 0.2,
    gbSecond: 13.3334,
    readUnit: 0.125,
    writeUnit: 0.625,
  });
  expect(forEach({ ...perMillion(prices), message: 2 }).message).toBe(2e-6);
});
