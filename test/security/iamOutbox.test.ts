import { expect, it } from "vitest";
import { limitMs } from "../reliability/size.ts";
import { startCloud } from "./cloud.ts";
import { streamStory, writeStory } from "./outboxStory.ts";
import { unusedOf } from "./role.ts";

const HANDLERS = {
  connect: "$connect",
  disconnect: "$disconnect",
  default: "$default, or all three in one function",
};

/** What Lambda does with the stream before and after it calls the function; nothing that the function does. */
const EVENT_SOURCE = ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"];

it(
  "S19: an outbox is written to, and the stream's handler posts, moves, cleans up and fences, each with its policy, and they need all of it",
  async () => {
    const cloud = await startCloud(HANDLERS);
    const rows = await writeStory(cloud, "Outbox");
    expect(rows).toHaveLength(4);
    const outbox = cloud.role("Outbox");
    expect(outbox.denied).toEqual([]);
    expect(unusedOf(outbox)).toEqual([]);
    const heading = "Handler of the stream";
    await streamStory(cloud, { heading, rows });
    const handler = cloud.role(heading);
    expect(handler.denied).toEqual([]);
    const stream = `arn:aws:dynamodb:us-east-1:000000000000:table/${cloud.table.tableName}/stream/*`;
    expect(unusedOf(handler)).toEqual(EVENT_SOURCE.map((action) => `dynamodb:${action} ${stream}`));
  },
  limitMs(60_000),
);
