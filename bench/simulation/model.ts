import type { Assumption } from "./assumption.ts";

/** Values that stand in for what `RESULTS.md` does not have. */
const UNMEASURED = "no row of RESULTS.md was found, so a value of the past";

/** Everything the simulation takes for given. Values marked `measured` are replaced by those of `RESULTS.md`. */
export const ASSUMPTIONS = {
  cpuPerPostUs: {
    value: 225,
    unit: "µs",
    basis: "assumed",
    what: "CPU for each subscriber, reading included, on one whole core",
    source: UNMEASURED,
  },
  readUnitsPerThousand: {
    value: 53.1,
    unit: "RRU",
    basis: "assumed",
    what: "strongly consistent read of 1,000 subscribers with UUID-sized values",
    source: UNMEASURED,
  },
  cpuPerRowUs: {
    value: 10,
    unit: "µs",
    basis: "assumed",
    what: "part of that CPU that reading a row takes",
    source:
      "pages of 1 MB from a fake request handler took 20 falling to 2 as the process warmed up",
  },
  vCpuMb: {
    value: 1_769,
    unit: "MB",
    basis: "published",
    what: "memory at which a Lambda has one core; less has its share of it, more is no faster here",
    source:
      "Lambda developer guide, configuration-memory. That its core is as fast as the measuring one is assumed",
  },
  postLeastMs: {
    value: 10,
    unit: "ms",
    basis: "assumed",
    what: "answer to a post, accepted or refused, at least",
    source: "AWS publishes none; RESULTS.md measures with 10 ms",
  },
  postMostMs: {
    value: 15,
    unit: "ms",
    basis: "assumed",
    what: "at most, any in between alike",
    source: "nobody, as above",
  },
  accountPostsPerSecond: {
    value: 10_000,
    unit: "/s",
    basis: "published",
    what: "requests an account's APIs take in a Region; nobody else is assumed to use them",
    source: "API Gateway developer guide, limits (2,500 in some Regions; can be raised)",
  },
  accountBurst: {
    value: 5_000,
    unit: "",
    basis: "published",
    what: "requests beyond it at once; the bucket is full at the start",
    source: "API Gateway developer guide, limits (cannot be raised)",
  },
  partitionReadUnits: {
    value: 3_000,
    unit: "RRU/s",
    basis: "published",
    what: "one partition, so one shard; in any second, what is beyond waits. No burst, no split is assumed",
    source: "DynamoDB developer guide, warm-throughput-scenarios",
  },
  pageBytes: {
    value: 1_048_576,
    unit: "bytes",
    basis: "published",
    what: "one page of a Query",
    source: "DynamoDB API reference, Query",
  },
  callMs: {
    value: 5,
    unit: "ms",
    basis: "assumed",
    what: "a call to DynamoDB that reads or writes little",
    source: "AWS promises single-digit milliseconds",
  },
  fullPageMs: {
    value: 10,
    unit: "ms",
    basis: "assumed",
    what: "more for a whole page, smaller ones in proportion; its CPU comes on top",
    source: "no source",
  },
  sendMs: {
    value: 10,
    unit: "ms",
    basis: "assumed",
    what: "a call that sends to SQS",
    source: "no source",
  },
  deliveryLeastMs: {
    value: 13.7,
    unit: "ms",
    basis: "published",
    what: "from sending a message to a warm Lambda, at least",
    source:
      "P10 of SQS standard, bitesizedserverless.com/bite/serverless-messaging-latency-compared (2022)",
  },
  deliveryMostMs: {
    value: 33.8,
    unit: "ms",
    basis: "published",
    what: "at most, any in between alike",
    source: "P90 there",
  },
  pollersAtFirst: {
    value: 5,
    unit: "",
    basis: "published",
    what: "workers that a queue starts at the same time",
    source: "Lambda developer guide, services-sqs-scaling",
  },
  pollersPerSecond: {
    value: 5,
    unit: "/s",
    basis: "published",
    what: "more of them while messages wait (300 a minute, taken as even)",
    source: "Lambda developer guide, services-sqs-scaling",
  },
  pollersMost: {
    value: 1_250,
    unit: "",
    basis: "published",
    what: "at most",
    source: "Lambda developer guide, services-sqs-scaling",
  },
  accountConcurrency: {
    value: 1_000,
    unit: "",
    basis: "published",
    what: "Lambdas of an account at the same time; new accounts have fewer",
    source: "Lambda developer guide, quotas",
  },
  startsPerTenSeconds: {
    value: 1_000,
    unit: "",
    basis: "published",
    what: "new environments of a function",
    source: "Lambda developer guide, lambda-concurrency",
  },
  coldStartMs: {
    value: 300,
    unit: "ms",
    basis: "assumed",
    what: "a new environment; every Lambda begins with one, all of it is billed and none scaled by memory",
    source:
      "hello world on nodejs24.x arm64 has 120-135 ms (lambda-perf, 2026-04); imports and set-up are guessed",
  },
  workerTimeoutMs: {
    value: 30_000,
    unit: "ms",
    basis: "assumed",
    what: "timeout of the queue's Lambda, the user's to set",
    source: "no source",
  },
  resumeGapMs: {
    value: 50,
    unit: "ms",
    basis: "assumed",
    what: "from a cursor to the call of resume, in the same environment",
    source: "no source; it is the user's code",
  },
  ownRecipients: {
    value: 1_000,
    unit: "",
    basis: "code",
    what: "subscribers that the publisher posts to itself",
    source: "sqs({ threshold })",
  },
  recipientsPerMessage: {
    value: 5_000,
    unit: "",
    basis: "code",
    what: "subscribers of one message, at least; whole pages",
    source: "fanOutHandler({ recipientsPerMessage })",
  },
  firstPageRows: {
    value: 250,
    unit: "rows",
    basis: "code",
    what: "first page of every reading",
    source: "src/store/dynamodb/findRoutes.ts",
  },
  shardsSideBySide: {
    value: 8,
    unit: "",
    basis: "code",
    what: "shards that are read at the same time",
    source: "src/store/dynamodb/findRoutes.ts",
  },
  deadlineMs: {
    value: 25_000,
    unit: "ms",
    basis: "code",
    what: "deadline of a publish and of a resume",
    source: "publisher({ deadlineMs })",
  },
  drainMs: {
    value: 1_000,
    unit: "ms",
    basis: "code",
    what: "of it kept for what is under way",
    source: "src/publisher/withDeadline.ts",
  },
  workerReserveMs: {
    value: 1_500,
    unit: "ms",
    basis: "code",
    what: "that a worker keeps beside it",
    source: "src/publisher/worker.ts",
  },
  leastTries: {
    value: 3,
    unit: "",
    basis: "code",
    what: "tries for one subscriber; without end while the account is refused",
    source: "publisher({ maxAttempts })",
  },
  mostWaiting: {
    value: 256,
    unit: "",
    basis: "code",
    what: "refused posts that wait in one Lambda",
    source: "src/publisher/fanOut.ts",
  },
} as const satisfies Readonly<Record<string, Assumption>>;

/** The numbers alone. */
export type Model = Readonly<Record<keyof typeof ASSUMPTIONS, number>>;

/** The numbers of a list. */
export function modelOf(assumptions: Readonly<Record<keyof Model, Assumption>>): Model {
  const values = Object.entries(assumptions).map(([name, { value }]) => [name, value]);
  return Object.fromEntries(values);
}
