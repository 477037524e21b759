import { readFileSync } from "node:fs";
import { startGateway } from "trpc-aws-subscriptions/local";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { createNamedTable } from "../testTable.ts";
import { clientVersions, record, stockClient } from "./client.ts";
import type * as ReadmeChain from "./readmeChain.ts";

let chain: typeof ReadmeChain;
let gateway: Awaited<ReturnType<typeof startGateway>>;

/** Behind a Lambda authorizer whose context is the router's: the user is who the query string says. */
beforeAll(async () => {
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", inject("dynamoDBEndpoint"));
  await createNamedTable("table");
  gateway = await startGateway({
    handlers: {
      connect: (event, context) => chain.connect(event, context),
      default: (event, context) => chain.handler(event, context),
      disconnect: (event, context) => chain.disconnect(event, context),
    },
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
  vi.stubEnv("WEBSOCKET_ENDPOINT", gateway.endpoint);
  chain = await import("./readmeChain.ts");
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway.stop();
});

it.each(clientVersions)("delivers to the addressed user alone (client %s)", async (version) => {
  const clientOf = (user: string) =>
    stockClient<typeof chain.appRouter>({ url: `${gateway.url}?user=${user}`, version });
  const [alice, bob] = [clientOf("user1"), clientOf("user2")];
  const received = [alice, bob].map(({ client }) =>
    record<string>((on) => client.mySubscription.subscribe({ name: "name1" }, on)),
  );
  await Promise.all(received.map(({ started }) => started));

  const { publish } = chain.publisher.routes.mySubscription;
  await publish({
    data: "hi",
    filter: { name: "userIdAndName", ctx: { userId: "user1" }, input: { name: "name1" } },
  });
  await publish({ data: "everybody" });

  expect(await received[0]?.received(2)).toEqual(["hi", "everybody"]);
  expect(await received[1]?.received(1)).toEqual(["everybody"]);
  await Promise.all([alice.close(), bob.close()]);
});

it("is the chain that the README shows", () => {
  const read = (file: string): string =>
    readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  const start = "export const subscriptions = initSubscriptions();";
  const source = read("test/e2e/readmeChain.ts");
  const shown = source
    .slice(source.indexOf(start))
    .replace('process.env["WEBSOCKET_ENDPOINT"]!', '"https://…/stage"');
  expect(read("README.md")).toContain(shown.trim());
});
