import { initTRPC } from "@trpc/server";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { initSubscriptions } from "../../../src/index.ts";
import { memory } from "../../../src/store/memory.ts";
import { connectEvent, messageEvent } from "../../../src/testing/events.ts";

interface Sent {
  readonly endpoint: string;
  readonly connectionId: string;
}

const { made, sent } = vi.hoisted(() => ({ made: [] as string[], sent: [] as Sent[] }));

vi.mock("@aws-sdk/client-apigatewaymanagementapi", async (importOriginal) => {
  const original = await importOriginal<typeof import("@aws-sdk/client-apigatewaymanagementapi")>();
  return {
    ...original,
    ApiGatewayManagementApiClient: class {
      readonly #endpoint: string;
      constructor({ endpoint }: { readonly endpoint: string }) {
        this.#endpoint = endpoint;
        made.push(endpoint);
      }
      async send({ input }: { readonly input: { readonly ConnectionId: string } }) {
        sent.push({ endpoint: this.#endpoint, connectionId: input.ConnectionId });
      }
    },
  };
});

beforeEach(() => {
  made.length = 0;
  sent.length = 0;
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({ p: t.procedure.subscription(subscriptions.resolver<string>()) });
const subscribe = { id: 1, method: "subscription", params: { path: "p" } };
const endpointOf = (apiId: string, stage: string) =>
  `https://${apiId}.execute-api.eu-central-1.amazonaws.com/${stage}`;

it("C25: a publisher makes one client, whatever it does", async () => {
  const chain = subscriptions.router({ router }).store({ store: memory() });
  const [connect, handler] = [chain.connect(), chain.handler()];
  const requestContext = { apiId: "a1", stage: "prod" };
  for (const connectionId of ["c1", "c2", "c3"]) {
    await connect(connectEvent({ connectionId, requestContext }));
    await handler(messageEvent(subscribe, { connectionId, requestContext }));
  }
  const endpoint = endpointOf("a1", "prod");
  expect(made).toEqual([endpoint]);
  const publisher = chain.publisher({ endpoint });
  expect(made).toEqual([endpoint, endpoint]);
  const { publish, count } = publisher.routes.p;
  await Promise.all(Array.from({ length: 10 }, () => publish({ data: "hi" })));
  expect(await count()).toBe(3);
  await publisher.disconnect("c1");
  await publisher.routes.p.complete();
  expect(made.length).toBe(2);
  expect(sent.length).toBe(3 + 3 * 10 + 1 + 2);
});

it("L5: one handler answers every API and stage through its own endpoint", async () => {
  const chain = subscriptions.router({ router }).store({ store: memory() });
  const [connect, handler] = [chain.connect(), chain.handler()];
  const apis = [
    { apiId: "a1", stage: "prod" },
    { apiId: "a1", stage: "dev" },
    { apiId: "b2", stage: "prod" },
  ];
  for (const round of [1, 2]) {
    for (const [index, requestContext] of apis.entries()) {
      const connectionId = `c${index}-${round}`;
      await connect(connectEvent({ connectionId, requestContext }));
      await handler(messageEvent(subscribe, { connectionId, requestContext }));
      const { apiId, stage } = requestContext;
      expect(sent.at(-1)).toEqual({ endpoint: endpointOf(apiId, stage), connectionId });
    }
  }
  expect(made).toEqual(apis.map(({ apiId, stage }) => endpointOf(apiId, stage)));
  for (const [index, { apiId, stage }] of apis.entries()) {
    sent.length = 0;
    const endpoint = endpointOf(apiId, stage);
    const report = await chain.publisher({ endpoint }).routes.p.publish({ data: "hi" });
    expect(report).toMatchObject({ matched: 2, delivered: 2 });
    expect(sent).toEqual([
      { endpoint, connectionId: `c${index}-1` },
      { endpoint, connectionId: `c${index}-2` },
    ]);
  }
});
