import {
  isNamed,
  type RecordPage,
  type Shard,
  type ShardPosition,
  type StreamApi,
} from "./streamApi.ts";
import type { ApiRecord } from "./streamEvent.ts";

interface OpenShard {
  readonly shardId: string;
  readonly position: ShardPosition;
  /** `undefined` once the shard was read to its end. */
  iterator: string | undefined;
  /** Sequence number of the last change that was read. */
  last: string | undefined;
}

/** Reads a stream, each shard in its order, and a shard after the one that it goes on from. */
export class StreamReader {
  readonly #api: StreamApi;
  readonly #streamArn: string;
  readonly #onRecords: (shardId: string, records: readonly ApiRecord[]) => void;
  readonly #open = new Map<string, OpenShard>();
  readonly #done = new Set<string>();

  /** @param onRecords - gets what was read, at least one change, in its order */
  constructor(
    api: StreamApi,
    streamArn: string,
    onRecords: (shardId: string, records: readonly ApiRecord[]) => void,
  ) {
    this.#api = api;
    this.#streamArn = streamArn;
    this.#onRecords = onRecords;
  }

  /** Takes its place in the stream. */
  async start(startingPosition: "TRIM_HORIZON" | "LATEST"): Promise<void> {
    const shards = await this.#api.shards(this.#streamArn);
    if (startingPosition === "LATEST") {
      // Not told by EndingSequenceNumber: emulators give one to shards that are open as well.
      for (const { ParentShardId } of shards) {
        if (ParentShardId !== undefined) this.#done.add(ParentShardId);
      }
    }
    await this.#openNext(shards, { ShardIteratorType: startingPosition });
  }

  /** Reads until nothing more is there; two calls at once are a defect. */
  async readAll(): Promise<void> {
    // Shards that are opened meanwhile are visited too.
    for (const shard of this.#open.values()) await this.#drain(shard);
  }

  async #drain(shard: OpenShard): Promise<void> {
    while (shard.iterator !== undefined) {
      const { Records, NextShardIterator } = await this.#page(shard, shard.iterator);
      shard.iterator = NextShardIterator;
      const last = Records.at(-1);
      if (last !== undefined) {
        shard.last = last.dynamodb.SequenceNumber;
        this.#onRecords(shard.shardId, Records);
      } else if (shard.iterator !== undefined) return;
    }
    await this.#close(shard);
  }

  async #page(shard: OpenShard, iterator: string): Promise<RecordPage> {
    try {
      return await this.#api.records(iterator);
    } catch (error) {
      // Iterators live for 15 minutes: a machine may sleep for longer.
      if (!isNamed(error, "ExpiredIteratorException")) throw error;
      const position: ShardPosition =
        shard.last === undefined
          ? shard.position
          : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: shard.last };
      const anew = await this.#api.iterator(this.#streamArn, shard.shardId, position);
      return this.#api.records(anew);
    }
  }

  async #close({ shardId }: OpenShard): Promise<void> {
    this.#done.add(shardId);
    await this.#openNext(await this.#api.shards(this.#streamArn), {
      ShardIteratorType: "TRIM_HORIZON",
    });
    // Last: when a call before fails, the shard is closed again.
    this.#open.delete(shardId);
  }

  /** Opens the shards whose parent was read, or is not there any more. */
  async #openNext(shards: readonly Shard[], position: ShardPosition): Promise<void> {
    const present = new Set(shards.map(({ ShardId }) => ShardId));
    const isAhead = (shardId: string | undefined): boolean =>
      shardId !== undefined && present.has(shardId) && !this.#done.has(shardId);
    for (const { ShardId: shardId, ParentShardId } of shards) {
      if (this.#done.has(shardId) || this.#open.has(shardId) || isAhead(ParentShardId)) continue;
      const iterator = await this.#api.iterator(this.#streamArn, shardId, position);
      this.#open.set(shardId, { shardId, position, iterator, last: undefined });
    }
  }
}
