import type { Context, SQSBatchResponse, SQSEvent, SQSHandler } from "aws-lambda";
import type { FanOutHandler, FanOutReport, LambdaContext } from "trpc-aws-subscriptions";
import type { QueueEvent } from "trpc-aws-subscriptions/local";
import { type SqsBatchResponse, type SqsEvent, sqs } from "trpc-aws-subscriptions/sqs";
import { describe, expectTypeOf, it } from "vitest";
import type { FanOutQueue } from "../../src/publisher/queue.ts";
import { app, appRouter, subscriptions } from "./fixture.ts";

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

describe("fanOutHandler()", () => {
  const endpoint = "https://example.com/stage";

  it("of an SQS queue is a handler as AWS Lambda's types have it", () => {
    const worker = app.fanOutHandler({ endpoint, fanOut: queue });
    expectTypeOf(worker).toExtend<SQSHandler>();
    expectTypeOf(worker).toEqualTypeOf<FanOutHandler<SqsEvent, SqsBatchResponse>>();
    expectTypeOf(worker)
      .parameter(1)
      .toEqualTypeOf<{ getRemainingTimeInMillis?(): number } | undefined>();
  });

  it("takes what a publisher takes, and its own", () => {
    app.fanOutHandler({
      endpoint,
      fanOut: queue,
      recipientsPerMessage: 1_000,
      postsPerSecond: 500,
      onReport: (report) => expectTypeOf(report).toEqualTypeOf<FanOutReport>(),
      onError: ({ error }) => expectTypeOf(error).toEqualTypeOf<Error>(),
    });
    app.publisher({ endpoint, fanOut: queue });
  });

  it("needs an endpoint and a queue, after a store", () => {
    // @ts-expect-error fanOut is missing
    app.fanOutHandler({ endpoint });
    // @ts-expect-error endpoint is missing
    app.fanOutHandler({ fanOut: queue });
    // @ts-expect-error the queue's URL is no queue
    app.fanOutHandler({ endpoint, fanOut: "https://sqs.eu-central-1.amazonaws.com/1/q" });
    // @ts-expect-error there is no store yet
    subscriptions.router({ router: appRouter }).fanOutHandler({ endpoint, fanOut: queue });
  });
});
