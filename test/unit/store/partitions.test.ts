import { describe, expect, it } from "vitest";
import { keysOf } from "../../../src/store/keys.ts";
import { partitionsOf } from "../../../src/store/partitions.ts";

const keys = keysOf(undefined);
const [first, second] = [keys.path("p", 0), keys.path("p", 1)];

describe("the partitions of a query", () => {
  it("are one for each shard, asked for everybody's rows or those of a filter", () => {
    expect(partitionsOf(keys, { path: "p", shards: 2 })).toStrictEqual([
      { pk: first, prefix: "connection#" },
      { pk: second, prefix: "connection#" },
    ]);
    const [filtered] = partitionsOf(keys, { path: "p", shards: 1, filter: "name#f#" });
    expect(filtered).toStrictEqual({ pk: first, prefix: "name#f#" });
  });

  it("go on behind the rows they are given, those of the other shards from the start", () => {
    const after = [{ pk: second, sk: "connection#c" }];
    expect(partitionsOf(keys, { path: "p", shards: 2, after })).toStrictEqual([
      { pk: first, prefix: "connection#" },
      { pk: second, prefix: "connection#", after: "connection#c" },
    ]);
    expect(partitionsOf(keys, { path: "p", shards: 2, shard: 1, after })).toStrictEqual([
      { pk: second, prefix: "connection#", after: "connection#c" },
    ]);
    expect(partitionsOf(keys, { path: "p", shards: 2, shard: 0, after })).toStrictEqual([
      { pk: first, prefix: "connection#" },
    ]);
  });
});

describe("S3: a query that cannot be", () => {
  it.each([-1, 2, 0.5, Number.NaN])("has shard %d of two", (shard) => {
    expect(() => partitionsOf(keys, { path: "p", shards: 2, shard })).toThrow(
      new RangeError(`shard is ${shard}, but "p" has the shards 0 to 1`),
    );
  });

  it.each([
    [
      "two rows of one partition",
      [
        { pk: first, sk: "connection#a" },
        { pk: first, sk: "connection#b" },
      ],
      'row "connection#b" of partition "path#p", which this query cannot continue behind: there are two rows of partition "path#p"',
    ],
    [
      "a row of a shard that is not there",
      [{ pk: keys.path("p", 2), sk: "connection#a" }],
      'row "connection#a" of partition "path#p#2", which this query cannot continue behind: "p" with 2 shards has it not',
    ],
    [
      "a row of another filter",
      [{ pk: first, sk: "name#f#" }],
      'row "name#f#" of partition "path#p", which this query cannot continue behind: rows of this query begin with "connection#"',
    ],
  ])("goes on behind %s", (_, after, message) => {
    expect(() => partitionsOf(keys, { path: "p", shards: 2, after })).toThrow(
      new RangeError(`\`after\` names ${message}`),
    );
  });
});
