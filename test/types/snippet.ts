// biome-ignore-all format: the first example of the documentation, as it is written there
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";

export const subscriptions = initSubscriptions();
interface AppContext { readonly userId: string }
const t = initTRPC.context<AppContext>().create();
export const appRouter = t.router({
  mySubscription: t.procedure.input(z.object({ name: z.string() })).subscription(subscriptions.resolver<string>()),
});

export const appSubscriptions = subscriptions
  .router({ router: appRouter })
  .store({ store: dynamodb({ tableName: "table", dynamoDBClient: new DynamoDBClient({}) }) })
  .routes.mySubscription.filter({ name: "userIdAndName", ctx: { userId: true }, input: { name: true } });

export const connect = appSubscriptions.connect();         // $connect
export const disconnect = appSubscriptions.disconnect();   // $disconnect
export const handler = appSubscriptions.handler();         // $default

export const publisher = appSubscriptions.publisher({ endpoint: "https://…/stage" });
await publisher.routes.mySubscription.publish({
  data: "hi",
  filter: { name: "userIdAndName", ctx: { userId: "user1" }, input: { name: "name1" } },
});
