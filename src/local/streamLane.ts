import { failuresOf, invokeBatch } from "./batchInvocation.ts";
import { pause } from "./pause.ts";
import { type ApiRecord, streamEvent } from "./streamEvent.ts";
import type { DiscardedBatch } from "./streamObservation.ts";
import type { StreamSettings } from "./streamOptions.ts";

/** The longest that a batch waits for its next try. */
const MAX_RETRY_DELAY_MS = 30_000;

/** What a lane works with. */
export interface LaneParts {
  readonly settings: StreamSettings;
  readonly streamArn: string;
  /** Gets every run of invocations. */
  readonly run: (task: () => Promise<void>) => void;
  /** Ends the waits, and lets no more invocations begin. */
  readonly signal: AbortSignal;
  readonly onDiscarded: (batch: DiscardedBatch) => void;
}

interface Batch {
  readonly shardId: string;
  readonly records: readonly ApiRecord[];
  /** Tries after the first that count against `maximumRetryAttempts`. */
  readonly retries: number;
  readonly invocations: number;
}

interface Waiting {
  readonly shardId: string;
  readonly record: ApiRecord;
}

/** Invokes the handler with batches, one after the other and each until it is done or discarded. */
export class StreamLane {
  readonly #parts: LaneParts;
  readonly #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Takes changes of one shard, which come behind those that it has. */
  add(shardId: string, records: readonly ApiRecord[]): void {
    for (const record of records) this.#waiting.push({ shardId, record });
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#parts.run(() => this.#work());
  }

  async #work(): Promise<void> {
    const { signal } = this.#parts;
    for (let batch = this.#next(); batch; batch = this.#next()) {
      const tries = [batch];
      for (let one = tries.shift(); one && !signal.aborted; one = tries.shift()) {
        tries.unshift(...(await this.#deliver(one)));
      }
    }
    this.#isRunning = false;
  }

  #next(): Batch | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const { shardId } = first;
    const most = this.#waiting.slice(0, this.#parts.settings.batchSize);
    const other = most.findIndex((one) => one.shardId !== shardId);
    const taken = this.#waiting.splice(0, other === -1 ? most.length : other);
    return { shardId, records: taken.map(({ record }) => record), retries: 0, invocations: 0 };
  }

  /** Resolves, once it is time for it, with what is to be tried again. */
  async #deliver(batch: Batch): Promise<readonly Batch[]> {
    const failedAt = await this.#invoke(batch);
    if (failedAt === -1) return [];
    const again = this.#again({ ...batch, invocations: batch.invocations + 1 }, failedAt);
    const { settings, signal } = this.#parts;
    if (again.length > 0) {
      const delayMs = settings.retryDelayMs * 2 ** batch.invocations;
      await pause(Math.min(delayMs, MAX_RETRY_DELAY_MS), signal);
    }
    return again;
  }

  /** Resolves with the index of the first change that failed, or -1. */
  async #invoke({ records }: Batch): Promise<number> {
    const { settings, streamArn } = this.#parts;
    const event = streamEvent(records, streamArn);
    const sequenceNumbers = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
    for (let isLost = settings.duplicate?.(event) === true; ; isLost = false) {
      const startedAt = performance.now();
      const ended = await invokeBatch(settings.handler, event, {
        crash: settings.crash?.(event),
        lambdaTimeoutMs: settings.lambdaTimeoutMs,
      });
      const isFailed = failuresOf(ended, sequenceNumbers, settings.reportBatchItemFailures);
      const failedAt = sequenceNumbers.findIndex(isFailed);
      settings.onEvent({
        type: "invoked",
        sequenceNumbers,
        failedFrom: sequenceNumbers[failedAt],
        durationMs: performance.now() - startedAt,
        outcome: ended.outcome,
        error: ended.outcome === "threw" ? ended.error : undefined,
      });
      if (!isLost) return failedAt;
    }
  }

  #again(batch: Batch, failedAt: number): readonly Batch[] {
    const { maximumRetryAttempts, bisectBatchOnFunctionError } = this.#parts.settings;
    const rest = { ...batch, records: batch.records.slice(failedAt) };
    const { length } = rest.records;
    if (bisectBatchOnFunctionError && failedAt > 0) return [rest];
    if (bisectBatchOnFunctionError && length > 1) {
      const middle = Math.ceil(length / 2);
      return [
        { ...rest, records: rest.records.slice(0, middle) },
        { ...rest, records: rest.records.slice(middle) },
      ];
    }
    if (rest.retries < maximumRetryAttempts) return [{ ...rest, retries: rest.retries + 1 }];
    this.#parts.onDiscarded(this.#discarded(rest));
    return [];
  }

  #discarded({ shardId, records, invocations }: Batch): DiscardedBatch {
    const numberOf = (record: ApiRecord | undefined): string =>
      record?.dynamodb.SequenceNumber ?? "";
    return {
      streamArn: this.#parts.streamArn,
      shardId,
      startSequenceNumber: numberOf(records[0]),
      endSequenceNumber: numberOf(records.at(-1)),
      batchSize: records.length,
      approximateInvokeCount: invocations,
      condition: "RetryAttemptsExhausted",
    };
  }
}
