import type { Context, SQSBatchResponse, SQSEvent, SQSHandler } from "aws-lambda";
import type { LambdaContext } from "trpc-aws-subscriptions";
import type { QueueEvent } from "trpc-aws-subscriptions/local";
import { type SqsBatchResponse, type SqsEvent, sqs } from "trpc-aws-subscriptions/sqs";
import { describe, expectTypeOf, it } from "vitest";
import type { FanOutQueue } from "../../src/publisher/queue.ts";

const queue = sqs({ queueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out" });

describe("the published types of AWS Lambda", () => {
  it("give an event that is read, and take the answer", () => {
    expectTypeOf<SQSEvent>().toExtend<SqsEvent>();
    expectTypeOf<SqsBatchResponse>().toExtend<SQSBatchResponse>();
    expectTypeOf<Context>().toExtend<LambdaContext>();
  });

  it("take a handler of ours as theirs", () => {
    const fanOut = (event: SqsEvent, _context?: LambdaContext): Promise<SqsBatchResponse> =>
      queue.receive(event, () => Promise.resolve());
    expectTypeOf(fanOut).toExtend<SQSHandler>();
  });

  it("are what the local queue sends", () => {
    expectTypeOf<QueueEvent>().toExtend<SQSEvent>();
    expectTypeOf<QueueEvent>().toExtend<SqsEvent>();
  });
});

describe("sqs()", () => {
  it("is a fan-out queue, whatever its event", () => {
    expectTypeOf(queue).toEqualTypeOf<FanOutQueue<SqsEvent, SqsBatchResponse>>();
    expectTypeOf(queue).toExtend<FanOutQueue>();
  });

  it("needs the queue's URL", () => {
    // @ts-expect-error queueUrl is missing
    sqs({});
    // @ts-expect-error a FIFO queue's parameters are not taken
    sqs({ queueUrl: "https://sqs.eu-central-1.amazonaws.com/1/q", messageGroupId: "g" });
  });
});
