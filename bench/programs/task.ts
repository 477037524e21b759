/** What the harness gives a program. */
export interface Task {
  readonly dynamoDBEndpoint: string;
  readonly tableName: string;
  /** Management endpoint. */
  readonly endpoint: string;
  /** Values of the filter `userIdAndName` that choose the audience. */
  readonly userId: string;
  readonly name: string;
  /** What is published. */
  readonly data: string;
  /** Posts under way at once, for programs that pin it. */
  readonly width?: number;
  /** How the library posts; left out, it chooses. */
  readonly postPath?: "send";
  /** Publishes after the measured one, each timed, for the cost in a process that is warm. */
  readonly repeat: number;
}

/** What a program says of itself, as one line of JSON. Times are monotonic milliseconds. */
export interface Measured {
  readonly startMs: number;
  readonly endMs: number;
  /** CPU time of the process during the publish, all threads. */
  readonly cpuMs: number;
  /** Largest resident set of the process so far, its start included. */
  readonly peakRssMb: number;
  /** Resident set before the publish. */
  readonly startRssMb: number;
  /** Largest heap in use that sampling saw. */
  readonly peakHeapMb: number;
  /** Calls to DynamoDB by operation, retries included. */
  readonly dynamoDBCalls: Readonly<Record<string, number>>;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Median of the publishes after the measured one, in milliseconds; absent without them. */
  readonly warmMs?: number;
  /** What the publish returned. */
  readonly report: unknown;
}
