import type { Assumption } from "./assumption.ts";
import type { Counts } from "./counts.ts";

const LIST = "us-east-1 list price, first tier, nothing free";

/** Dollars for each. */
export const PRICES = {
  message: {
    value: 1e-6,
    unit: "$",
    basis: "published",
    what: "API Gateway, a delivered message up to 32 KB. Connection minutes are not in it; refused posts are assumed to be free",
    source: `${LIST}: $1.00 a million ($0.80 beyond a thousand million a month, not applied)`,
  },
  gbSecond: {
    value: 0.0000133334,
    unit: "$",
    basis: "published",
    what: "Lambda, arm64, start included",
    source: LIST,
  },
  invocation: {
    value: 0.2e-6,
    unit: "$",
    basis: "published",
    what: "Lambda, a request",
    source: LIST,
  },
  readUnit: {
    value: 0.125e-6,
    unit: "$",
    basis: "published",
    what: "DynamoDB on demand, RRU",
    source: LIST,
  },
  writeUnit: {
    value: 0.625e-6,
    unit: "$",
    basis: "published",
    what: "DynamoDB on demand, WRU",
    source: LIST,
  },
  queueRequest: {
    value: 0.4e-6,
    unit: "$",
    basis: "published",
    what: "SQS, 64 KB sent, received or deleted; a message has 0.5 to 1 KB. Polling an empty queue is not in it",
    source: `${LIST} (aws.amazon.com/sqs/pricing)`,
  },
} as const satisfies Readonly<Record<string, Assumption>>;

/** What connections cost beside it; no publish has a part in it. */
export const CONNECTION_PRICES = {
  connectionMinute: {
    value: 0.25e-6,
    unit: "$",
    basis: "published",
    what: "API Gateway, a minute of one connection",
    source: `${LIST}: $0.25 a million`,
  },
  messageBeyond: {
    value: 0.8e-6,
    unit: "$",
    basis: "published",
    what: "API Gateway, a message beyond the first thousand million of a month",
    source: LIST.replace("first tier", "second tier"),
  },
} as const satisfies Readonly<Record<string, Assumption>>;

/** What a publish costs, in dollars. */
export interface Dollars {
  readonly apiGateway: number;
  readonly lambda: number;
  readonly dynamoDB: number;
  readonly sqs: number;
}

/** Counts times prices. */
export function dollarsOf(counts: Counts, memoryMb: number): Dollars {
  const gbSeconds = (counts.billedMs / 1_000) * (memoryMb / 1_024);
  return {
    apiGateway: counts.delivered * PRICES.message.value,
    lambda: gbSeconds * PRICES.gbSecond.value + counts.invocations * PRICES.invocation.value,
    dynamoDB: counts.readUnits * PRICES.readUnit.value + counts.writeUnits * PRICES.writeUnit.value,
    sqs: counts.queueRequests * PRICES.queueRequest.value,
  };
}

/** The sum of them. */
export function totalOf({ apiGateway, lambda, dynamoDB, sqs }: Dollars): number {
  return apiGateway + lambda + dynamoDB + sqs;
}
