import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import type { Context, Handler } from "aws-lambda";
import {
  dynamodb,
  initSubscriptions,
  type LambdaContext,
  type WebSocketEvent,
  type WebSocketMessageEvent,
  type WebSocketResult,
} from "trpc-aws-subscriptions";
import { describe, expectTypeOf, it } from "vitest";

const app = initSubscriptions()
  .router({ router: initTRPC.create().router({}) })
  .store({ store: dynamodb({ tableName: "table", dynamoDBClient: new DynamoDBClient({}) }) });

describe("the published types of AWS Lambda", () => {
  it("take our handlers", () => {
    expectTypeOf(app.handler()).toExtend<Handler<WebSocketMessageEvent, WebSocketResult>>();
    expectTypeOf(app.webSocketHandler()).toExtend<Handler<WebSocketEvent, WebSocketResult>>();
  });

  it("give a context that our handlers read", () => {
    expectTypeOf<Context>().toExtend<LambdaContext>();
  });
});
