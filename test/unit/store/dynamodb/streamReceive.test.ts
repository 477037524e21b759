import { describe, expect, it } from "vitest";
import { StreamEventError } from "../../../../src/errors/stream.ts";
import type { DynamoDBStreamEvent } from "../../../../src/store/dynamodb/stream/event.ts";
import { type InsertedRow, receive } from "../../../../src/store/dynamodb/stream/receive.ts";

/** A record as Lambda gives it, with changes to its own and to its `dynamodb` part. */
const record = (
  sequenceNumber: string,
  changes: Readonly<Record<string, unknown>> = {},
  own: Readonly<Record<string, unknown>> = {},
) => ({
  eventID: "7de3041dd709b024af6f29e4fa13d34c",
  eventName: "INSERT",
  eventVersion: "1.1",
  eventSource: "aws:dynamodb",
  awsRegion: "us-west-2",
  dynamodb: {
    ApproximateCreationDateTime: 1479499740,
    Keys: { pk: { S: "p" }, sk: { S: sequenceNumber } },
    NewImage: { pk: { S: "p" }, sk: { S: sequenceNumber } },
    SequenceNumber: sequenceNumber,
    SizeBytes: 112,
    StreamViewType: "NEW_IMAGE",
    ...changes,
  },
  eventSourceARN:
    "arn:aws:dynamodb:us-west-2:123456789012:table/chat/stream/2016-11-16T20:42:48.104",
  ...own,
});

const event = (...records: unknown[]): DynamoDBStreamEvent =>
  ({ Records: records }) as DynamoDBStreamEvent;

/** What work is given, and the answer. */
async function received(given: DynamoDBStreamEvent): Promise<{
  readonly rows: readonly InsertedRow[];
  readonly answer: object;
}> {
  const rows: InsertedRow[] = [];
  const answer = await receive(given, async (row) => {
    rows.push(row);
  });
  return { rows, answer };
}

describe("the inserted rows of an event", () => {
  it("are given to work with their place in the stream, keys and attributes", async () => {
    const image = {
      pk: { S: "p" },
      sk: { S: "s" },
      data: { S: "hi" },
      expireAt: { N: "1795894809" },
    };
    const Keys = { pk: { S: "p" }, sk: { S: "s" } };
    const both = { Keys, NewImage: image, StreamViewType: "NEW_AND_OLD_IMAGES" };
    const { rows, answer } = await received(event(record("111"), record("222", both)));
    const first = { pk: "p", sk: "111" };
    expect(rows).toEqual([
      { sequenceNumber: "111", keys: first, newImage: first },
      {
        sequenceNumber: "222",
        keys: { pk: "p", sk: "s" },
        newImage: { pk: "p", sk: "s", data: "hi", expireAt: 1_795_894_809 },
      },
    ]);
    expect(answer).toEqual({ batchItemFailures: [] });
  });

  it("are worked on one after the other", async () => {
    const log: string[] = [];
    await receive(event(record("1"), record("2")), async ({ sequenceNumber }) => {
      log.push(`${sequenceNumber} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${sequenceNumber} ends`);
    });
    expect(log).toEqual(["1 begins", "1 ends", "2 begins", "2 ends"]);
  });

  it.each([
    [
      "throws",
      (): Promise<void> => {
        throw new Error("broken");
      },
    ],
    ["rejects", (): Promise<void> => Promise.reject(new Error("broken"))],
  ])("end with the first for which work %s, which alone is reported", async (_, fail) => {
    const begun: string[] = [];
    const answer = await receive(event(record("1"), record("2"), record("3")), (row) => {
      begun.push(row.sequenceNumber);
      return row.sequenceNumber === "2" ? fail() : Promise.resolve();
    });
    expect(begun).toEqual(["1", "2"]);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
  });

  it("are those that were put anew, not those that were changed or removed", async () => {
    const changed = record("2", {}, { eventName: "MODIFY" });
    const removed = record("3", { NewImage: undefined }, { eventName: "REMOVE" });
    const { rows } = await received(event(record("1"), changed, removed, record("4")));
    expect(rows.map(({ sequenceNumber }) => sequenceNumber)).toEqual(["1", "4"]);
  });

  it("may be none", async () => {
    expect(await received(event())).toEqual({ rows: [], answer: { batchItemFailures: [] } });
  });
});

describe("attributes", () => {
  it.each([
    ["a string", { S: "Grüße 😀" }, "Grüße 😀"],
    ["an empty string", { S: "" }, ""],
    ["a number", { N: "-1.5" }, -1.5],
    ["zero", { N: "0" }, 0],
    ["a number beyond 2^53", { N: "12345678901234567890" }, 12_345_678_901_234_567_000],
    ["true", { BOOL: true }, true],
    ["false", { BOOL: false }, false],
    ["null", { NULL: true }, null],
    ["a list", { L: [{ S: "a" }, { L: [{ N: "1" }] }] }, ["a", [1]]],
    ["a map", { M: { a: { M: { b: { NULL: true } } } } }, { a: { b: null } }],
    ["binary", { B: "AQI=" }, Uint8Array.of(1, 2)],
    ["a set of strings", { SS: ["a", "b"] }, new Set(["a", "b"])],
    ["a set of numbers", { NS: ["1", "2"] }, new Set([1, 2])],
    ["a set of binaries", { BS: ["AQ=="] }, new Set([Uint8Array.of(1)])],
    ["of a type nobody knows", { X: "a" }, undefined],
  ])("%s", async (_, value, plain) => {
    const { rows } = await received(event(record("1", { NewImage: { value } })));
    expect(rows[0]?.newImage["value"]).toEqual(plain);
  });

  it("with a name that means something to JavaScript are attributes", async () => {
    const image = JSON.parse('{"__proto__":{"S":"a"},"constructor":{"S":"b"}}');
    const { rows } = await received(event(record("1", { NewImage: image })));
    expect(Object.entries(rows[0]?.newImage ?? {})).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
    expect(Object.getPrototypeOf(rows[0]?.newImage)).toBe(Object.prototype);
  });
});

describe("an event that is not of a stream with new images", () => {
  const bad = (changes: object, own?: Readonly<Record<string, unknown>>) =>
    event(record("1"), record("2", { ...changes }, own));

  it.each([
    ["undefined", undefined, "notItsEvent: has no Records"],
    ["null", null, "notItsEvent: has no Records"],
    ["text", "Records", "notItsEvent: has no Records"],
    ["of a WebSocket", { requestContext: {} }, "notItsEvent: has no Records"],
    ["with Records that are no list", { Records: {} }, "notItsEvent: has no Records"],
    ["of a queue", bad({}, { eventSource: "aws:sqs" }), 'notItsEvent: is "aws:sqs", not'],
    ["with a record that is null", event(null), "notItsEvent: Records[0] is not an object"],
    [
      "without dynamodb",
      bad({}, { dynamodb: undefined }),
      "notItsEvent: Records[1] has no dynamodb",
    ],
    ["without a place", bad({ SequenceNumber: undefined }), "notItsEvent: SequenceNumber"],
    ["with an empty place", bad({ SequenceNumber: "" }), "notItsEvent: SequenceNumber"],
    ["without keys", bad({ Keys: undefined }), "notItsEvent: Records[1] has no dynamodb.Keys"],
    ["of keys only", bad({ StreamViewType: "KEYS_ONLY" }), 'noNewImage: "KEYS_ONLY"'],
    ["of old images", bad({ StreamViewType: "OLD_IMAGE" }), 'noNewImage: "OLD_IMAGE"'],
    [
      "of keys only, though nothing was inserted",
      event(record("1", { StreamViewType: "KEYS_ONLY" }, { eventName: "REMOVE" })),
      'noNewImage: "KEYS_ONLY"',
    ],
    [
      "without an image",
      bad({ NewImage: undefined }),
      "noNewImage: Records[1] has no dynamodb.NewImage",
    ],
  ])("%s rejects before any work", async (_, given, expected) => {
    const [problem = "", text = ""] = expected.split(": ");
    let worked = 0;
    const work = async (): Promise<void> => {
      worked += 1;
    };
    const error: unknown = await receive(given as DynamoDBStreamEvent, work).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StreamEventError);
    expect(error).toMatchObject({ code: "STREAM_EVENT", problem });
    expect((error as StreamEventError).message).toContain(text);
    expect(worked).toBe(0);
  });
});
