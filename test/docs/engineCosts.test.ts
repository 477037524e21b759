import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../docs/check/repository.ts";
import { HANDLER_MS, monthlyCost, POST_MS, totalOf } from "../../docs/cost/cost.ts";
import { EXAMPLE } from "../../docs/cost/form.ts";
import measured from "../../docs/cost/measured.data.ts";
import { US_EAST_1 } from "../../docs/cost/prices.ts";

const { prices } = US_EAST_1;
const MILLION = 1e6;

/** List prices of brokers, us-east-1, September 2026, in dollars. */
const CONNECTION_MINUTE = 0.08e-6;
const APPSYNC_OPERATION = 1e-6;
/** Dollars for a message up to so many of them in a month. */
const IOT_TIERS = [
  { upTo: 1e9, each: 1e-6 },
  { upTo: 5e9, each: 0.8e-6 },
  { upTo: Number.POSITIVE_INFINITY, each: 0.7e-6 },
];
const METERED_BYTES = { apiGateway: 32 * 1024, broker: 5 * 1024 };

/** A million publishes to so many listeners each. */
const apiGateway = (listeners: number): number =>
  totalOf(
    monthlyCost(
      {
        ...EXAMPLE,
        subscribers: 0,
        hoursPerDay: 1,
        publishesPerHour: MILLION / 30,
        audience: listeners,
      },
      measured.load(),
      prices,
    ),
  );

/** The function that publishes them to a broker, each with one request. */
const publishing = (): number => {
  const gbSeconds = (MILLION * (HANDLER_MS + POST_MS) * EXAMPLE.memoryMb) / 1_000 / 1_024;
  return MILLION * prices.invocation + gbSeconds * prices.gbSecond;
};

function iotMessages(count: number): number {
  let [dollars, from] = [0, 0];
  for (const { upTo, each } of IOT_TIERS) {
    dollars += Math.max(0, Math.min(count, upTo) - from) * each;
    from = upTo;
  }
  return dollars;
}

/** The request and its answer, and each delivery, which a client acknowledges or not. */
const iot =
  (qos: 0 | 1) =>
  (listeners: number): number =>
    publishing() + iotMessages(MILLION * (2 + listeners * (1 + qos)));

const appSync = (listeners: number): number =>
  publishing() + MILLION * (1 + listeners) * APPSYNC_OPERATION;

/** As the page rounds it. */
function dollars(value: number): string {
  if (value < 10) return `$${value.toFixed(1)}`;
  const rounded = value < 1_000 ? Math.round(value) : Math.round(value / 10) * 10;
  return `$${rounded.toLocaleString("en-US")}`;
}

const ENGINES = [apiGateway, iot(1), iot(0), appSync];
const page = readFileSync(join(ROOT, "docs/engines.md"), "utf8");
const [, section = ""] = /^## What it costs$([\s\S]*?)^## /m.exec(page) ?? [];
const rows = [...section.matchAll(/^\| (.+) \|$/gm)].map(([, row = ""]) => row.split(" | "));

it.each([1, 100, 10_000])("says what a million events to %i listeners cost", (listeners) => {
  const name = listeners.toLocaleString("en-US");
  expect(rows.find(([first]) => first === name)).toEqual([
    name,
    ...ENGINES.map((cost) => dollars(cost(listeners))),
  ]);
});

it("says what connections cost, and how a large event is metered", () => {
  const hours = MILLION * 60;
  const broker = `$${(hours * CONNECTION_MINUTE).toFixed(2)}`;
  expect(rows.find(([first]) => first?.includes("connection hours"))?.slice(1)).toEqual([
    `$${hours * prices.connectionMinute}`,
    ...Array(3).fill(broker),
  ]);
  const largest = 128 * 1024;
  const metered = `${Math.ceil(largest / METERED_BYTES.broker)}`;
  expect(rows.find(([first]) => first?.includes("128 KB"))?.slice(1)).toEqual([
    `${largest / METERED_BYTES.apiGateway}`,
    ...Array(3).fill(metered),
  ]);
});
