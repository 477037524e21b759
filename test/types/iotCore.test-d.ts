import { createWSClient, httpBatchLink, splitLink } from "@trpc/client";
import { initTRPC, type TrackedEnvelope } from "@trpc/server";
import type { Context, IoTCustomAuthorizerEvent, IoTCustomAuthorizerResult } from "aws-lambda";
import mqtt from "mqtt";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { iotLink, iotWebSocket, type MqttPackage } from "trpc-aws-subscriptions/client/iot-core";
import {
  type IotAuthorizer,
  type IotAuthorizerContext,
  type IotAuthorizerEvent,
  type IotAuthorizerResult,
  type IotDirectHandler,
  type IotRuleHandler,
  iot,
} from "trpc-aws-subscriptions/iot-core";
import { memory, startIotCore } from "trpc-aws-subscriptions/testing";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { type AppRouter, appRouter, subscriptions } from "./fixture.ts";

const secret = "0123456789abcdef0123456789abcdef";
const store = memory();
const filtered = subscriptions
  .router({ router: appRouter })
  .routes.mySubscription.filter({ name: "byName", input: { name: true } });
const chain = filtered.engine(iot({ prefix: ["myapp", "dev"], secret }));

describe("the published types of AWS Lambda", () => {
  it("give an event that is read, and take the answer", () => {
    expectTypeOf<IoTCustomAuthorizerEvent>().toExtend<IotAuthorizerEvent>();
    expectTypeOf<Context>().toExtend<IotAuthorizerContext>();
    expectTypeOf<IotAuthorizerResult>().toExtend<IoTCustomAuthorizerResult>();
  });
});

it("has the steps of IoT Core, and none of API Gateway", () => {
  expectTypeOf(chain.authorizer()).toEqualTypeOf<IotAuthorizer>();
  expectTypeOf(chain.disconnect).returns.toEqualTypeOf<Promise<boolean>>();
  // @ts-expect-error API Gateway's, which has connections of its own
  void chain.connect;
  // @ts-expect-error API Gateway's
  void chain.fanOutHandler;
  // @ts-expect-error before the engine
  void filtered.authorizer;
  // @ts-expect-error the prefix is missing
  iot({ secret });
  // @ts-expect-error a prefix has a level
  iot({ prefix: [], secret });
  // @ts-expect-error no way to hold clients to their grants
  iot({ prefix: ["myapp"], secret, authorization: "none" });
});

describe("direct delivery", () => {
  const direct = filtered.engine(iot({ prefix: ["myapp", "dev"], delivery: "direct", store }));

  it("has the handlers and the publisher of API Gateway, by IoT Core's names", () => {
    expectTypeOf(direct.authorizer()).toEqualTypeOf<IotAuthorizer>();
    expectTypeOf(direct.handler()).toEqualTypeOf<IotDirectHandler>();
    expectTypeOf(direct.disconnect()).toEqualTypeOf<IotDirectHandler>();
    expectTypeOf(direct.rules().handler).toBeString();
    const { routes, disconnect } = direct.publisher();
    const filter = { name: "byName", input: { name: "a" } } as const;
    expectTypeOf(routes.mySubscription.count(filter)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(disconnect).toEqualTypeOf<(connectionId: string) => Promise<void>>();
    // @ts-expect-error a filter that was not declared
    void routes.mySubscription.publish({ data: "x", filter: { name: "other" } });
    // @ts-expect-error a broker's: clients are granted nothing here
    void direct.grantRouter;
    // @ts-expect-error API Gateway's: the authorizer connects
    void direct.connect;
    // @ts-expect-error of API Gateway's management API
    direct.publisher({ endpoint: "https://x", postPath: "send" });
    // @ts-expect-error without a store nobody knows who listens
    iot({ prefix: ["myapp"], delivery: "direct" });
    // @ts-expect-error grants are signed with it, and there are none
    iot({ prefix: ["myapp"], delivery: "direct", store, secret });
    // @ts-expect-error no way to deliver
    iot({ prefix: ["myapp"], delivery: "both", secret });
  });

  it("serves hooks and history, unlike topics", () => {
    const t = initTRPC.create();
    const hooked = t.router({
      onHooked: t.procedure.subscription(
        subscriptions.resolver<string>({ onData: ({ data }) => data, history: {} }),
      ),
    });
    const chained = subscriptions.router({ router: hooked });
    chained.engine(iot({ prefix: ["myapp"], delivery: "direct", store })).handler();
    // @ts-expect-error one message for all subscribers has no code for each
    chained.engine(iot({ prefix: ["myapp"], secret, store }));
  });

  it("has a class of WebSockets for tRPC's own client", () => {
    createWSClient({ url: "wss://x", WebSocket: iotWebSocket({ prefix: ["myapp"] }) });
    // @ts-expect-error the prefix is missing
    iotWebSocket({ authorizer: "Subscriptions" });
    // @ts-expect-error a client subscribes to nothing here
    iotWebSocket({ prefix: ["myapp"], qos: 1 });
  });
});

it("publishes as every chain does", () => {
  const { routes } = chain.publisher({ endpoint: "https://x-ats.iot.eu-central-1.amazonaws.com" });
  const filter = { name: "byName", input: { name: "a" } } as const;
  void routes.mySubscription.publish({ data: "x", filter });
  // @ts-expect-error data of another type
  void routes.mySubscription.publish({ data: 1 });
  // @ts-expect-error a filter that was not declared
  void routes.mySubscription.publish({ data: "x", filter: { name: "other" } });
  // @ts-expect-error QoS 2 is not IoT Core's
  chain.publisher({ qos: 2 });
});

it("knows the data of each route's consumer", () => {
  const t = initTRPC.create();
  const own = initSubscriptions();
  const router = t.router({
    plain: t.procedure.subscription(own.resolver<{ id: string; data: number }>()),
    nested: t.router({
      tracked: t.procedure.subscription(own.resolver<TrackedEnvelope<number>>()),
    }),
    checked: t.procedure.subscription(own.resolver(z.string().transform(Number))),
    query: t.procedure.query(() => 1),
  });
  const { routes } = own
    .router({ router })
    .engine(iot({ prefix: ["myapp"], secret }))
    .rules();
  const handler = routes.plain.consumer(({ data, id, messageId }) => {
    expectTypeOf(data).toEqualTypeOf<{ id: string; data: number }>();
    expectTypeOf(id).toEqualTypeOf<string | undefined>();
    expectTypeOf(messageId).toEqualTypeOf<string>();
  });
  expectTypeOf(handler).toEqualTypeOf<IotRuleHandler>();
  routes.nested.tracked.consumer(({ data }) => {
    expectTypeOf(data).toEqualTypeOf<number>();
  });
  routes.checked.consumer(({ data }) => {
    expectTypeOf(data).toEqualTypeOf<number>();
  });
  expectTypeOf(routes.plain.sql()).toEqualTypeOf<string>();
  // @ts-expect-error a query has no topic
  void routes.query;
});

it("has a link, and an emulator for the authorizer", () => {
  const http = httpBatchLink<AppRouter>({ url: "https://api" });
  const link = iotLink<AppRouter>({ http, authorizer: "a", qos: 0 });
  splitLink<AppRouter>({
    condition: ({ type }) => type === "subscription",
    true: link,
    false: http,
  });
  expectTypeOf(mqtt).toExtend<MqttPackage>();
  iotLink<AppRouter>({ http, mqtt });
  // @ts-expect-error grants are asked for by http
  iotLink<AppRouter>({ authorizer: "a" });
  // @ts-expect-error MQTT 3.1
  iotLink<AppRouter>({ http, protocolVersion: 3 });
  expectTypeOf(startIotCore).toBeCallableWith({ authorizers: { a: chain.authorizer() } });
  // @ts-expect-error at least an empty list of authorizers
  void startIotCore({});
});
