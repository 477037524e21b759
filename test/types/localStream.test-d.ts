import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import type { StreamEvent as OutboxStreamEvent, StreamHandler } from "trpc-aws-subscriptions";
import {
  type LocalStream,
  type StreamEvent,
  type StreamOptions,
  startStream,
} from "trpc-aws-subscriptions/local";
import { describe, expectTypeOf, it } from "vitest";

describe("the event of the local stream", () => {
  it("is the one of AWS Lambda's published types", () => {
    expectTypeOf<StreamEvent>().toExtend<DynamoDBStreamEvent>();
  });

  it("is read by streamHandler()", () => {
    expectTypeOf<StreamEvent>().toExtend<OutboxStreamEvent>();
  });
});

describe("startStream()", () => {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const dynamoDB = { endpoint: "http://127.0.0.1:8000", region: "local", credentials };

  it("takes a handler of Lambda's event, and one of ours", () => {
    const theirs = (_event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
      Promise.resolve({ batchItemFailures: [] });
    const stream = startStream({ dynamoDB, tableName: "chat", handler: theirs });
    expectTypeOf(stream).resolves.toEqualTypeOf<LocalStream>();
    expectTypeOf<StreamHandler>().toExtend<StreamOptions["handler"]>();
  });

  it("needs a DynamoDB, a table and a handler", () => {
    const handler = (): Promise<void> => Promise.resolve();
    // @ts-expect-error dynamoDB is missing
    void startStream({ tableName: "chat", handler });
    // @ts-expect-error tableName is missing
    void startStream({ dynamoDB, handler });
    // @ts-expect-error handler is missing
    void startStream({ dynamoDB, tableName: "chat" });
    // @ts-expect-error a stream has no such place
    void startStream({ dynamoDB, tableName: "chat", handler, startingPosition: "AT_TIMESTAMP" });
  });
});
