import { SQSClient } from "@aws-sdk/client-sqs";
import { type SqsEvent, type SqsRecord, sqs } from "trpc-aws-subscriptions/sqs";
import { describe, expect, it } from "vitest";
import { QueueError } from "../../../../src/errors/fanOut.ts";
import type { QueueMessage } from "../../../../src/publisher/queue.ts";

const { receive } = sqs({
  queueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out",
  client: new SQSClient({ region: "eu-central-1" }),
});

const record = (messageId: string, changes: Partial<Record<keyof SqsRecord, unknown>> = {}) => ({
  messageId,
  receiptHandle: `receipt of ${messageId}`,
  body: `body of ${messageId}`,
  attributes: {
    ApproximateReceiveCount: "1",
    SentTimestamp: "1545082649183",
    SenderId: "AIDAIENQZJOLO23YVJ4VO",
    ApproximateFirstReceiveTimestamp: "1545082649185",
  },
  messageAttributes: {},
  md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
  eventSource: "aws:sqs",
  eventSourceARN: "arn:aws:sqs:us-east-2:123456789012:my-queue",
  awsRegion: "us-east-2",
  ...changes,
});

const event = (...records: unknown[]): SqsEvent => ({ Records: records }) as SqsEvent;

describe("the messages of an event", () => {
  it("are given to work with id, body and how often they came", async () => {
    const messages: QueueMessage[] = [];
    const again = record("b", { attributes: { ApproximateReceiveCount: "3" } });
    const answer = await receive(event(record("a"), again), async (message) => {
      messages.push(message);
    });
    expect(messages).toEqual([
      { id: "a", body: "body of a", receiveCount: 1 },
      { id: "b", body: "body of b", receiveCount: 3 },
    ]);
    expect(answer).toEqual({ batchItemFailures: [] });
  });

  it("are worked on one after the other", async () => {
    const log: string[] = [];
    await receive(event(record("a"), record("b")), async ({ id }) => {
      log.push(`${id} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${id} ends`);
    });
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  it("those that fail are reported, and the others are worked on", async () => {
    const done: string[] = [];
    const work = ({ id }: QueueMessage): Promise<void> => {
      // Thrown at once, not as a rejection.
      if (id === "a") throw new Error("a is broken");
      if (id === "c") return Promise.reject(new Error("c is broken"));
      done.push(id);
      return Promise.resolve();
    };
    const all = event(record("a"), record("b"), record("c"), record("d"));
    expect(await receive(all, work)).toEqual({
      batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "c" }],
    });
    expect(done).toEqual(["b", "d"]);
  });

  it("may be none", async () => {
    const neverWork = (): Promise<void> => Promise.reject(new Error("called"));
    expect(await receive(event(), neverWork)).toEqual({ batchItemFailures: [] });
  });
});

describe("an event that is not the queue's", () => {
  it.each([
    ["undefined", undefined, "has no Records"],
    ["null", null, "has no Records"],
    ["text", "Records", "has no Records"],
    ["of a WebSocket", { requestContext: { connectionId: "c" } }, "has no Records"],
    ["with Records that are no list", { Records: {} }, "has no Records"],
    [
      "of Kinesis",
      event(record("a"), record("b", { eventSource: "aws:kinesis" })),
      '"aws:kinesis"',
    ],
    ["with a record that is null", event(null), "Records[0] is not an object"],
    [
      "without an id",
      event(record("a"), record("b", { messageId: undefined })),
      "Records[1] has no messageId",
    ],
    ["without a body", event(record("a", { body: undefined })), "Records[0] has no body"],
    ["with a parsed body", event(record("a", { body: { n: 1 } })), "Records[0] has no body"],
    [
      "without attributes",
      event(record("a", { attributes: undefined })),
      "ApproximateReceiveCount",
    ],
    ["with no count", event(record("a", { attributes: {} })), "ApproximateReceiveCount"],
    [
      "with a count that is no number",
      event(record("a", { attributes: { ApproximateReceiveCount: "many" } })),
      "ApproximateReceiveCount",
    ],
  ])("%s rejects before any work", async (_, given, problem) => {
    let worked = 0;
    const work = async (): Promise<void> => {
      worked += 1;
    };
    const error: unknown = await receive(given as SqsEvent, work).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(QueueError);
    expect(error).toMatchObject({ failure: "notItsEvent", unsent: [] });
    expect((error as QueueError).message).toContain(problem);
    expect(worked).toBe(0);
  });
});
