import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC, TRPCError } from "@trpc/server";
import { dynamodb, initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";

interface AppContext {
  readonly userId: string;
}

const subscriptions = initSubscriptions<AppContext>();
const t = initTRPC.context<AppContext>().create();
const appRouter = t.router({
  mySubscription: t.procedure
    .input(z.object({ name: z.string() }))
    .subscription(subscriptions.resolver<string>()),
});

/** What the README's test is about: its chain, with the session of "Who may connect". */
export const appSubscriptions = subscriptions
  .router({ router: appRouter })
  .store({ store: dynamodb({ tableName: "table", dynamoDBClient: new DynamoDBClient({}) }) })
  .routes.mySubscription.filter({
    name: "userIdAndName",
    ctx: { userId: true },
    input: { name: true },
  });

export const connect = appSubscriptions.connect({
  authorize({ query }) {
    if (query["token"] !== "alice-token") throw new TRPCError({ code: "UNAUTHORIZED" });
    return { session: { userId: "alice" } };
  },
});
export const disconnect = appSubscriptions.disconnect();
export const handler = appSubscriptions.handler();
