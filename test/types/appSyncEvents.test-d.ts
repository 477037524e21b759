import { httpBatchLink, splitLink } from "@trpc/client";
import {
  type AppSyncAuthorizer,
  type AppSyncPublishHandler,
  appsync,
} from "trpc-aws-subscriptions/appsync-events";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { startAppSyncEvents } from "trpc-aws-subscriptions/testing";
import { expectTypeOf, it } from "vitest";
import { type AppRouter, appRouter, subscriptions } from "./fixture.ts";

const url = "https://abc.appsync-api.eu-central-1.amazonaws.com/event";
const secret = "0123456789abcdef0123456789abcdef";
const filtered = subscriptions
  .router({ router: appRouter })
  .routes.mySubscription.filter({ name: "byName", input: { name: true } });
const chain = filtered.engine(appsync({ namespace: "myapp", secret }));

it("has the steps of AppSync Events, and none of API Gateway", () => {
  expectTypeOf(chain.authorizer()).toEqualTypeOf<AppSyncAuthorizer>();
  // @ts-expect-error API Gateway's, which has connections of its own
  void chain.connect;
  // @ts-expect-error API Gateway's
  void chain.fanOutHandler;
  // @ts-expect-error before the engine
  void filtered.authorizer;
  // @ts-expect-error the namespace is missing
  appsync({ secret });
});

it("publishes as every chain does, with a key or with IAM", () => {
  const { routes } = chain.publisher({ url, apiKey: "da2" });
  void routes.mySubscription.publish({
    data: "x",
    filter: { name: "byName", input: { name: "a" } },
  });
  // @ts-expect-error data of another type
  void routes.mySubscription.publish({ data: 1 });
  // @ts-expect-error a filter that was not declared
  void routes.mySubscription.publish({ data: "x", filter: { name: "other" } });
  chain.publisher({ url, region: "eu-central-1", deadlineMs: 1_000 });
  const credentials = async () => ({
    accessKeyId: "a",
    secretAccessKey: "b",
    expiration: new Date(),
  });
  chain.publisher({ url, region: "eu-central-1", credentials });
  // @ts-expect-error neither a key nor a region
  chain.publisher({ url });
  // @ts-expect-error both
  chain.publisher({ url, apiKey: "da2", region: "eu-central-1" });
  // @ts-expect-error credentials are for IAM, which needs a region
  chain.publisher({ url, credentials });
});

it("knows the data of the hook of each route", () => {
  const handler = chain.onPublish({
    mySubscription: ({ data, messageId, channel }) => {
      expectTypeOf(data).toEqualTypeOf<string>();
      expectTypeOf([messageId, channel]).toEqualTypeOf<string[]>();
    },
    tracked: async ({ data, id }) => {
      expectTypeOf(data).toEqualTypeOf<{ v: number }>();
      expectTypeOf(id).toEqualTypeOf<string | undefined>();
    },
    admin: { audit: { onEvent: ({ data }) => void expectTypeOf(data.n).toEqualTypeOf<number>() } },
  });
  expectTypeOf(handler).toEqualTypeOf<AppSyncPublishHandler>();
  // @ts-expect-error a subscription that is none of ours
  chain.onPublish({ ordinary: () => undefined });
});

it("has a link for the router, which the emulator's options fit too", () => {
  const http = httpBatchLink<AppRouter>({ url });
  const link = appsyncLink<AppRouter>({ http, url, onError: (error) => error.message });
  splitLink<AppRouter>({
    condition: ({ type }) => type === "subscription",
    true: link,
    false: http,
  });
  expectTypeOf(link.onEvent).returns.toEqualTypeOf<() => void>();
  // @ts-expect-error the link for grants is missing
  appsyncLink<AppRouter>({ url });
  const namespace = { onPublish: chain.onPublish({}) };
  void (() => startAppSyncEvents({ namespaces: { namespace }, authorizer: chain.authorizer() }));
});
