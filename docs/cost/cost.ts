import type { PriceSet } from "./prices.ts";

/** What is used in a month. */
export interface Usage {
  /** Clients that are connected at the same time. */
  readonly subscribers: number;
  /** Hours a day that each of them is connected, 0 to 24. */
  readonly hoursPerDay: number;
  /** Publishes in each of those hours, to whomever. */
  readonly publishesPerHour: number;
  /** Subscribers that one publish reaches. */
  readonly audience: number;
  /** Filters declared on the route. */
  readonly filters: number;
  /** A whole frame, in bytes: the event and some 50 of the envelope. */
  readonly messageBytes: number;
  /** Minutes of silence until a client sends `PING`; 0 for never. */
  readonly keepAliveMinutes: number;
  /** Of each function. */
  readonly memoryMb: number;
}

/** What was measured of the work per subscriber; `bench/RESULTS.md` has it. */
export interface Work {
  /** Microseconds of a whole core for one post, reading included. */
  readonly cpuPerPostUs: number;
  /** Read units for a thousand rows. */
  readonly readUnitsPerThousand: number;
}

/** Dollars a month. */
export interface Cost {
  readonly connectionMinutes: number;
  readonly deliveries: number;
  readonly otherMessages: number;
  readonly lambda: number;
  readonly reads: number;
  readonly writes: number;
}

const DAYS = 30;
const MESSAGE_UNIT_BYTES = 32 * 1024;
const FIRST_TIER_MESSAGES = 1e9;
/** API Gateway ends a connection then; its client connects anew. */
const CONNECTION_HOURS = 2;
/** Assumed: a handler that calls DynamoDB once or twice. */
export const HANDLER_MS = 25;
/** Assumed: API Gateway's answer to one post. */
export const POST_MS = 15;
/** A function with less has its share of one core (Lambda developer guide, configuration-memory). */
const WHOLE_CORE_MB = 1_769;

interface Counts {
  readonly connectionHours: number;
  readonly connects: number;
  readonly publishes: number;
  readonly deliveries: number;
  readonly pings: number;
}

function countsOf(usage: Usage): Counts {
  const hours = usage.hoursPerDay * DAYS;
  const connectionHours = usage.subscribers * hours;
  const connects = usage.subscribers * DAYS * Math.ceil(usage.hoursPerDay / CONNECTION_HOURS);
  const publishes = usage.publishesPerHour * hours;
  const deliveries = publishes * usage.audience;
  const heardPerHour = connectionHours === 0 ? 0 : deliveries / connectionHours;
  const mostPings = usage.keepAliveMinutes === 0 ? 0 : 60 / usage.keepAliveMinutes;
  // Whoever hears something more often than that has no reason to ask.
  const pings = heardPerHour >= mostPings ? 0 : connectionHours * mostPings;
  return { connectionHours, connects, publishes, deliveries, pings };
}

/** Write units of one client that connects, subscribes once, and disconnects: rows of less than 1 KB. */
function writesPerConnect(filters: number): number {
  const subscribe = 2 * (3 + filters);
  const disconnect = 1 + (1 + filters);
  return 1 + subscribe + disconnect;
}

/** `$connect`, the frame that subscribes, `$disconnect`. */
const INVOCATIONS_PER_CONNECT = 3;
/** The frame that subscribes, and `started`. */
const MESSAGES_PER_CONNECT = 2;
/** The connection, for the frame that subscribes; its subscriptions, for `$disconnect`. */
const READS_PER_CONNECT = 2;

function lambdaCost(usage: Usage, work: Work, prices: PriceSet): number {
  const { connects, publishes, pings } = countsOf(usage);
  const cores = Math.min(1, usage.memoryMb / WHOLE_CORE_MB);
  const postingMs = (usage.audience * work.cpuPerPostUs) / 1_000 / cores;
  const publishMs = HANDLER_MS + (usage.audience > 0 ? Math.max(POST_MS, postingMs) : 0);
  const others = connects * INVOCATIONS_PER_CONNECT + pings;
  const gbSeconds =
    ((publishes * publishMs + others * HANDLER_MS) / 1_000) * (usage.memoryMb / 1_024);
  return (publishes + others) * prices.invocation + gbSeconds * prices.gbSecond;
}

/** What a month costs. Data transfer, logs and the storage of the table are not in it. */
export function monthlyCost(usage: Usage, work: Work, prices: PriceSet): Cost {
  const { connectionHours, connects, publishes, deliveries, pings } = countsOf(usage);
  const billedDeliveries =
    deliveries * Math.max(1, Math.ceil(usage.messageBytes / MESSAGE_UNIT_BYTES));
  const others = connects * MESSAGES_PER_CONNECT + pings * 2;
  const messages = billedDeliveries + others;
  const beyond = Math.max(0, messages - FIRST_TIER_MESSAGES);
  const messagesCost = (messages - beyond) * prices.message + beyond * prices.messageBeyond;
  const share = messages === 0 ? 0 : messagesCost / messages;
  const readsPerPublish = Math.max(1, (usage.audience * work.readUnitsPerThousand) / 1_000);
  return {
    connectionMinutes: connectionHours * 60 * prices.connectionMinute,
    deliveries: billedDeliveries * share,
    otherMessages: others * share,
    lambda: lambdaCost(usage, work, prices),
    reads: (publishes * readsPerPublish + connects * READS_PER_CONNECT) * prices.readUnit,
    writes: connects * writesPerConnect(usage.filters) * prices.writeUnit,
  };
}

/** The sum of a month. */
export function totalOf(cost: Cost): number {
  return Object.values(cost).reduce((sum: number, dollars: number) => sum + dollars, 0);
}
