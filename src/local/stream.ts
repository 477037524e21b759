import { TaskSet } from "../gateway/taskSet.ts";
import { pause } from "./pause.ts";
import { StreamApi, type StreamedTable } from "./streamApi.ts";
import type { ApiRecord } from "./streamEvent.ts";
import { StreamLane } from "./streamLane.ts";
import type { DiscardedBatch } from "./streamObservation.ts";
import { type StreamOptions, type StreamSettings, streamSettings } from "./streamOptions.ts";
import { StreamReader } from "./streamReader.ts";

/** A running event source mapping of a table's stream. */
export interface LocalStream {
  /** The stream's ARN, as the emulator names it. */
  readonly streamArn: string;
  /** Batches that were given up, as an on-failure destination is told of them, oldest first. */
  discarded(): readonly DiscardedBatch[];
  /**
   * Resolves when all that is in the stream was handled or discarded, and no handler is under way. A batch that fails
   * for ever keeps it waiting. Rejects when the stream cannot be read.
   */
  idle(): Promise<void>;
  /**
   * Reads no more and waits for the handlers, for none longer than `lambdaTimeoutMs`. What was not handled stays in the
   * stream, but nobody notes how far this one came. May be called twice.
   */
  stop(): Promise<void>;
}

/**
 * Starts what connects a table's stream to a Lambda, for development and tests: an emulator of the event source mapping,
 * on a DynamoDB emulator that has streams. Changes come in batches and in their order, at least once. A batch that failed
 * comes again before any other: from the change that `batchItemFailures` names, or as a whole when the handler threw.
 *
 * @example
 * ```ts
 * const dynamoDB = await startDynamoDB();
 * await dynamoDB.createTable({ tableName: "chat", table, stream: true });
 * const stream = await startStream({ dynamoDB, tableName: "chat", handler: onChange });
 * ```
 * @throws {@link SubscriptionsError} `LOCAL` when nobody answers, there is no such table, it has no stream, or Lambda would
 * not take an option
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function startStream(options: StreamOptions): Promise<LocalStream> {
  const settings = streamSettings(options);
  const stopping = new AbortController();
  const api = new StreamApi(settings.dynamoDB, stopping.signal);
  const table = await api.table(settings.tableName);
  const running = new RunningStream(settings, { api, table, stopping });
  await running.start();
  return {
    streamArn: table.streamArn,
    discarded: () => running.discarded(),
    idle: () => running.idle(),
    stop: () => running.stop(),
  };
}

class RunningStream {
  readonly #settings: StreamSettings;
  readonly #partitionKey: string;
  readonly #stopping: AbortController;
  readonly #reader: StreamReader;
  readonly #lanes: readonly StreamLane[];
  readonly #discarded: DiscardedBatch[] = [];
  readonly #invocations: TaskSet = new TaskSet();
  readonly #polling: TaskSet = new TaskSet();
  #lastRead: Promise<void> = Promise.resolve();
  /** Times that a lane began to invoke. */
  #runs = 0;

  constructor(
    settings: StreamSettings,
    parts: {
      readonly api: StreamApi;
      readonly table: StreamedTable;
      readonly stopping: AbortController;
    },
  ) {
    const { api, table, stopping } = parts;
    this.#settings = settings;
    this.#partitionKey = table.partitionKey;
    this.#stopping = stopping;
    this.#reader = new StreamReader(api, table.streamArn, (shardId, records) =>
      this.#spread(shardId, records),
    );
    const laneParts = {
      settings,
      streamArn: table.streamArn,
      run: (task: () => Promise<void>): void => {
        this.#runs += 1;
        this.#invocations.run(task);
      },
      signal: stopping.signal,
      onDiscarded: (batch: DiscardedBatch): void => {
        this.#discarded.push(batch);
        settings.onEvent({ type: "discarded", ...batch });
      },
    };
    this.#lanes = Array.from(
      { length: settings.parallelizationFactor },
      () => new StreamLane(laneParts),
    );
  }

  async start(): Promise<void> {
    await this.#reader.start(this.#settings.startingPosition);
    this.#polling.run(() => this.#poll());
  }

  discarded(): readonly DiscardedBatch[] {
    return [...this.#discarded];
  }

  async idle(): Promise<void> {
    const { signal } = this.#stopping;
    let runs: number;
    do {
      runs = this.#runs;
      await this.#invocations.settled();
      if (signal.aborted) return;
      try {
        await this.#read();
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      // What a handler wrote while the stream was read may have been missed.
    } while (runs !== this.#runs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling.settled();
    await this.#invocations.settled();
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#read();
      } catch (error) {
        if (!signal.aborted) this.#settings.onEvent({ type: "readFailed", error });
      }
      await pause(this.#settings.pollIntervalMs, signal);
    }
  }

  /** Reads what is there by now, after the reads that were begun before. */
  #read(): Promise<void> {
    const read = this.#lastRead.then(() => this.#reader.readAll());
    // Whoever asked for it is told when it fails; the next one begins all the same.
    this.#lastRead = read.catch(() => undefined);
    return read;
  }

  /** Changes of one partition key always take the same lane. */
  #spread(shardId: string, records: readonly ApiRecord[]): void {
    const sequenceNumbers = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
    this.#settings.onEvent({ type: "read", shardId, sequenceNumbers });
    for (const [index, lane] of this.#lanes.entries()) {
      const own = records.filter((record) => this.#laneOf(record) === index);
      if (own.length > 0) lane.add(shardId, own);
    }
  }

  #laneOf({ dynamodb: { Keys } }: ApiRecord): number {
    const text = JSON.stringify(Keys[this.#partitionKey]);
    let hash = 0;
    for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
    return hash % this.#lanes.length;
  }
}
