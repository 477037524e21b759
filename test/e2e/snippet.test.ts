import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions } from "trpc-aws-subscriptions";
import { startGateway } from "trpc-aws-subscriptions/local";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { z } from "zod";
import { clientVersions, record, stockClient } from "./client.ts";
import { createNamedTable } from "./table.ts";

// The chain of the README, unchanged but for the endpoint; what it says must work as it stands.
vi.stubEnv("AWS_REGION", "us-east-1");
vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", inject("dynamoDBEndpoint"));

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

/** Behind a Lambda authorizer whose context is the router's: the user is who the query string says. */
const gateway = await startGateway({
  handlers: { connect, default: handler, disconnect },
  authorizer: async ({ methodArn, queryStringParameters }) => ({
    principalId: "user",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: methodArn }],
    },
    context: { userId: queryStringParameters?.["user"] ?? "" },
  }),
});
vi.stubEnv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", gateway.endpoint);

beforeAll(() => createNamedTable("table"));
afterAll(() => gateway.stop());

it.each(clientVersions)("delivers to the addressed user alone (client %s)", async (version) => {
  const clientOf = (user: string) =>
    stockClient<typeof appRouter>({ url: `${gateway.url}?user=${user}`, version });
  const [alice, bob] = [clientOf("user1"), clientOf("user2")];
  const received = [alice, bob].map(({ client }) =>
    record<string>((on) => client.mySubscription.subscribe({ name: "name1" }, on)),
  );
  await Promise.all(received.map(({ started }) => started));

  const publisher = appSubscriptions.publisher({ endpoint: gateway.endpoint });
  await publisher.routes.mySubscription.publish({
    data: "hi",
    filter: { name: "userIdAndName", ctx: { userId: "user1" }, input: { name: "name1" } },
  });
  await publisher.routes.mySubscription.publish({ data: "everybody" });

  expect(await received[0]?.received(2)).toEqual(["hi", "everybody"]);
  expect(await received[1]?.received(1)).toEqual(["everybody"]);
  await Promise.all([alice.close(), bob.close()]);
});
