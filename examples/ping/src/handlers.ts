import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TRPCError } from "@trpc/server";
import { dynamodb } from "trpc-aws-subscriptions";
import { appRouter, subscriptions } from "./router.ts";

export const appSubscriptions = subscriptions
  .router({ router: appRouter })
  .store({
    store: dynamodb({
      tableName: process.env["TABLE_NAME"] ?? "ping",
      dynamoDBClient: new DynamoDBClient({}),
    }),
  })
  .routes.onPing.filter({ name: "userAndRoom", ctx: { userId: true }, input: { room: true } })
  .routes.onPing.filter({ name: "room", input: { room: true } });

/** Stands for verifying a token: whoever has one of these is that user. */
const usersByToken = new Map([
  ["alice-token", "alice"],
  ["bob-token", "bob"],
]);

/** `$connect` */
export const connect = appSubscriptions.connect({
  authorize({ query }) {
    const userId = usersByToken.get(query["token"] ?? "");
    if (userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
    return { session: { userId } };
  },
});

/** `$disconnect` */
export const disconnect = appSubscriptions.disconnect();

/** `$default` */
export const handler = appSubscriptions.handler({
  createContext: ({ connection }) => ({ userId: connection.session.userId }),
});
