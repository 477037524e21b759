/** The three handlers of the README's chain, with a router that validates by hand: zod is counted apart. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions } from "../../src/index.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<{ readonly userId: string }>().create();

function named(input: unknown): { readonly name: string } {
  if (typeof input === "object" && input !== null && "name" in input) {
    if (typeof input.name === "string") return { name: input.name };
  }
  throw new TypeError("name is no string");
}

const appRouter = t.router({
  mySubscription: t.procedure.input(named).subscription(subscriptions.resolver<string>()),
});

const appSubscriptions = subscriptions
  .router({ router: appRouter })
  .store({
    store: dynamodb({
      tableName: process.env["TABLE_NAME"] ?? "",
      dynamoDBClient: new DynamoDBClient({}),
    }),
  })
  .routes.mySubscription.filter({
    name: "userIdAndName",
    ctx: { userId: true },
    input: { name: true },
  });

export const connect = appSubscriptions.connect();
export const disconnect = appSubscriptions.disconnect();
export const handler = appSubscriptions.handler();
