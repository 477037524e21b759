import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TRPCError } from "@trpc/server";
import { type AuthorizeOptions, type CreateContextOptions, dynamodb } from "trpc-aws-subscriptions";
import { appRouter, type Session, subscriptions } from "./router.ts";

export const appSubscriptions = subscriptions
  .router({ router: appRouter })
  .store({
    store: dynamodb({
      tableName: process.env["TABLE_NAME"] ?? "ping",
      dynamoDBClient: new DynamoDBClient({}),
    }),
  })
  .routes.onPing.filter({ name: "userAndRoom", ctx: { userId: true }, input: { room: true } })
  .routes.onPing.filter({ name: "room", input: { room: true } })
  .routes.onNews.filter({ name: "room", input: { room: true } });

/** Stands for verifying a token: whoever has one of these is that user. */
const usersByToken = new Map([
  ["alice-token", "alice"],
  ["bob-token", "bob"],
]);

function authorize({ query }: AuthorizeOptions) {
  const userId = usersByToken.get(query["token"] ?? "");
  if (userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return { session: { userId } };
}

function createContext({ connection }: CreateContextOptions<Session>) {
  return { userId: connection.session.userId };
}

/** Without it nobody hears of a wrong table or a missing permission: nothing is logged by itself. */
function onError({ error }: { readonly error: Error }): void {
  process.stderr.write(`handler: ${error.message}\n`);
}

/** `$connect` */
export const connect = appSubscriptions.connect({ authorize, onError });

/** `$disconnect` */
export const disconnect = appSubscriptions.disconnect({ onError });

/** `$default` */
export const handler = appSubscriptions.handler({ createContext, onError });

/** All three routes in one function, instead of the three above. */
export const webSocket = appSubscriptions.webSocketHandler({ authorize, createContext, onError });
