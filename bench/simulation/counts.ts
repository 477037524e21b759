/** What a publish used. */
export interface Counts {
  delivered: number;
  /** Posts that were answered with 429. */
  refused: number;
  /** Subscribers whose tries were used up. */
  givenUp: number;
  /** Of Lambdas; each of them is a publish, a resume or a message. */
  invocations: number;
  coldStarts: number;
  /** Lambdas at the same time. */
  mostAtOnce: number;
  /** Milliseconds of all of them, starts included. */
  billedMs: number;
  messages: number;
  /** Units of billing: sent, received and deleted. */
  queueRequests: number;
  readUnits: number;
  writeUnits: number;
  lastDeliveryMs: number;
  /** Time of the last message's worker, from the publish on, without waits for a poller and for a partition: what the hand-overs take. */
  chainMs: number;
  /** Most subscribers of one message. */
  largestPart: number;
}

/** Nothing yet. */
export function noCounts(): Counts {
  return {
    delivered: 0,
    refused: 0,
    givenUp: 0,
    invocations: 0,
    coldStarts: 0,
    mostAtOnce: 0,
    billedMs: 0,
    messages: 0,
    queueRequests: 0,
    readUnits: 0,
    writeUnits: 0,
    lastDeliveryMs: 0,
    chainMs: 0,
    largestPart: 0,
  };
}
