import type { FakeAnswer, FakeCall } from "./fakeDynamoDB.ts";

export const STREAM_ARN = "arn:aws:dynamodb:local:000000000000:table/chat/stream/1";
const TABLE = {
  Table: {
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    LatestStreamArn: STREAM_ARN,
    StreamSpecification: { StreamEnabled: true },
  },
};

/** A shard of a made-up stream. */
export interface FakeShard {
  readonly id: string;
  readonly parent?: string;
  /** Its pages, each of rows. */
  readonly pages: readonly (readonly string[])[];
  /** Whether it gets no more changes. */
  readonly isClosed?: boolean;
}

const recordOf = (row: string): object => ({
  eventName: "INSERT",
  dynamodb: {
    Keys: { pk: { S: row.slice(0, 1) }, sk: { S: row } },
    SequenceNumber: `sequence number of ${row}`,
  },
});

/** Answers for the shards; an iterator is `shard/page`, and LATEST is behind the last page. */
export function fakeShards(
  shards: readonly FakeShard[],
  pageOfShards = 100,
): (call: FakeCall) => FakeAnswer {
  return ({ operation, input }) => {
    if (operation === "DescribeTable") return TABLE;
    if (operation === "DescribeStream") {
      const begin = shards.findIndex(({ id }) => id === input["ExclusiveStartShardId"]) + 1;
      const some = shards.slice(begin, begin + pageOfShards);
      const Shards = some.map(({ id, parent }) => ({ ShardId: id, ParentShardId: parent }));
      const last = begin + pageOfShards < shards.length ? some.at(-1)?.id : undefined;
      return { StreamDescription: { Shards, LastEvaluatedShardId: last } };
    }
    const [id, page] = String(input["ShardIterator"] ?? input["ShardId"]).split("/");
    const { pages, isClosed = false } = shards.find((shard) => shard.id === id) ?? { pages: [] };
    if (operation === "GetShardIterator") {
      const isLatest = input["ShardIteratorType"] === "LATEST";
      return { ShardIterator: `${id}/${isLatest ? pages.length : 0}` };
    }
    const next = Number(page) + 1;
    const isEnd = isClosed && next >= pages.length;
    return {
      Records: (pages[Number(page)] ?? []).map(recordOf),
      ...(!isEnd && { NextShardIterator: `${id}/${Math.min(next, pages.length)}` }),
    };
  };
}
