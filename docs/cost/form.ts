import type { Cost, Usage } from "./cost.ts";
import type { PriceSet } from "./prices.ts";

/** A field of the calculator. */
export interface Field<TKey> {
  readonly key: TKey;
  readonly label: string;
  /** What is larger counts as this. */
  readonly most?: number;
}

/** What a month's use is asked for. */
export const USAGE_FIELDS: readonly Field<keyof Usage>[] = [
  { key: "subscribers", label: "clients connected at the same time" },
  { key: "hoursPerDay", label: "hours a day they are connected", most: 24 },
  { key: "publishesPerHour", label: "publishes an hour" },
  { key: "audience", label: "subscribers that one publish reaches" },
  { key: "filters", label: "filters on the route" },
  { key: "messageBytes", label: "bytes of a frame", most: 131_072 },
  { key: "keepAliveMinutes", label: "minutes of silence until a PING (0: never)" },
  { key: "memoryMb", label: "MB of a function", most: 10_240 },
];

/** Prices of a Region, in dollars for a million. */
export const PRICE_FIELDS: readonly Field<keyof PriceSet>[] = [
  { key: "message", label: "messages" },
  { key: "messageBeyond", label: "messages beyond 1,000 million" },
  { key: "connectionMinute", label: "connection minutes" },
  { key: "invocation", label: "Lambda requests" },
  { key: "gbSecond", label: "Lambda GB-seconds" },
  { key: "readUnit", label: "DynamoDB read units" },
  { key: "writeUnit", label: "DynamoDB write units" },
];

/** Lines of the result. */
export const LINES: readonly {
  readonly key: keyof Cost;
  readonly service: string;
  readonly what: string;
}[] = [
  { key: "connectionMinutes", service: "API Gateway", what: "connection minutes" },
  { key: "deliveries", service: "API Gateway", what: "events delivered" },
  { key: "otherMessages", service: "API Gateway", what: "subscribe, started, PING, PONG" },
  { key: "lambda", service: "Lambda", what: "requests and time" },
  { key: "reads", service: "DynamoDB", what: "reads" },
  { key: "writes", service: "DynamoDB", what: "writes" },
];

/** What the form begins with. */
export const EXAMPLE: Usage = {
  subscribers: 1_000,
  hoursPerDay: 8,
  publishesPerHour: 200,
  audience: 50,
  filters: 1,
  messageBytes: 500,
  keepAliveMinutes: 5,
  memoryMb: 512,
};

/** What somebody typed: text that is no number, and a number below 0, count as 0. */
function amount(value: unknown, most = Number.POSITIVE_INFINITY): number {
  const number = typeof value === "number" ? value : Number.NaN;
  return Number.isFinite(number) ? Math.min(most, Math.max(0, number)) : 0;
}

/** The amounts of a form by its fields. */
export function amountsOf<TKey extends string>(
  fields: readonly Field<TKey>[],
  typed: Readonly<Record<TKey, unknown>>,
): Record<TKey, number> {
  const entries = fields.map(({ key, most }) => [key, amount(typed[key], most)]);
  return Object.fromEntries(entries) as Record<TKey, number>;
}

/** Prices as people write them, for a million. */
export function perMillion(prices: PriceSet): Record<keyof PriceSet, number> {
  const entries = PRICE_FIELDS.map(({ key }) => [key, Number((prices[key] * 1e6).toPrecision(9))]);
  return Object.fromEntries(entries) as Record<keyof PriceSet, number>;
}

/** Prices for each, of those for a million. */
export function forEach(million: Readonly<Record<keyof PriceSet, unknown>>): PriceSet {
  const amounts = amountsOf(PRICE_FIELDS, million);
  const entries = PRICE_FIELDS.map(({ key }) => [key, amounts[key] / 1e6]);
  return Object.fromEntries(entries) as unknown as PriceSet;
}
