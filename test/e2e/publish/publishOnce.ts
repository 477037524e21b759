import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions } from "trpc-aws-subscriptions";

/** A backend that publishes once. It ends by itself: nothing keeps the process alive but open work. */
const [tableName = "", endpoint = ""] = process.argv.slice(2);
const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({
  onMessage: t.procedure.subscription(subscriptions.resolver<string>()),
});
const publisher = subscriptions
  .router({ router })
  .store({ store: dynamodb({ tableName, dynamoDBClient: new DynamoDBClient({}) }) })
  .publisher({ endpoint });
const report = await publisher.routes.onMessage.publish({ data: "hi" });
const timers = process.getActiveResourcesInfo().filter((resource) => resource === "Timeout");
process.send?.({ report, timers });
process.disconnect();
