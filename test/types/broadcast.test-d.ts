import { createTRPCClient, httpBatchLink, type TRPCLink } from "@trpc/client";
import { initTRPC, tracked } from "@trpc/server";
import superjson from "superjson";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { type MemoryBrokerOptions, memoryBroker } from "trpc-aws-subscriptions/testing";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type BroadcastHistoryReport,
  type BroadcastReport,
  type Grant,
  initSubscriptions,
} from "../../src/index.ts";
import { type AppContext, type AppRouter, appRouter, store, subscriptions, t } from "./fixture.ts";

const { engine } = memoryBroker();
const chain = subscriptions.router({ router: appRouter });
const app = chain.routes.mySubscription
  .filter({ name: "user", ctx: { userId: true } })
  .engine(engine)
  .routes.mySubscription.filter({
    name: "userAndName",
    ctx: { userId: true },
    input: { name: true },
  })
  .routes.chat.onMessage.filter({ name: "room", input: { room: true, agentId: "optional" } });

describe("a chain with an engine", () => {
  it("has the engine's steps, whatever the order of filters", () => {
    expectTypeOf(app.publisher).toBeFunction();
    expectTypeOf(app.grantRouter).toBeFunction();
  });

  it("has neither the steps of API Gateway nor a second engine", () => {
    // @ts-expect-error a step of API Gateway
    void app.connect;
    // @ts-expect-error a step of API Gateway
    void app.handler;
    // @ts-expect-error a step of API Gateway
    void app.outbox;
    // @ts-expect-error it has an engine
    void app.store;
    // @ts-expect-error it has an engine
    void app.engine;
    // @ts-expect-error it has a store
    void chain.store({ store }).engine;
    // @ts-expect-error before the engine
    void chain.grantRouter;
    // @ts-expect-error not an engine
    chain.engine({ name: "x" });
    // @ts-expect-error a store is no engine
    chain.engine(store);
  });
});

describe("a publish", () => {
  it("takes the same as on API Gateway", () => {
    const { routes } = app.publisher();
    const room = routes.chat.onMessage;
    expectTypeOf(routes.noInput.publish({ data: 1 })).resolves.toEqualTypeOf<BroadcastReport>();
    void routes.mySubscription.publish({ data: "x", filter: [] });
    void routes.mySubscription.publish({
      data: "x",
      filter: [
        { name: "user", ctx: { userId: "ann" } },
        { name: "userAndName", ctx: { userId: "ann" } },
        { name: "userAndName", ctx: { userId: "ann" }, input: { name: "x" } },
      ],
    });
    void routes.tracked.publish({ data: tracked("1", { v: 1 }) });
    void routes.validated.publish({ data: { n: "1" } });
    // @ts-expect-error other data
    void routes.noInput.publish({ data: "1" });
    // @ts-expect-error a filter of another route
    void routes.noInput.publish({ data: 1, filter: { name: "user", ctx: { userId: "ann" } } });
    const data = { id: 1, text: "hi", at: new Date() };
    // @ts-expect-error a field is missing
    const filter: Parameters<typeof room.publish>[0]["filter"] = {
      name: "room",
      input: { room: "red" },
    };
    void room.publish({ data, filter: filter ?? [] });
    // @ts-expect-error nobody knows who listens
    void routes.noInput.count;
    // @ts-expect-error nobody knows who listens
    void routes.noInput.disconnect;
    // @ts-expect-error a query
    void routes.greet;
  });
});

describe("a grant router", () => {
  const merged = t.mergeRouters(appRouter, app.grantRouter(t));

  it("merges into the router that is served by HTTP, and keeps its types", () => {
    const client = createTRPCClient<typeof merged>({ links: [httpBatchLink({ url: "" })] });
    expectTypeOf(client.greet.query).returns.resolves.toEqualTypeOf<string>();
    const grant = client.subscriptionGrant.mutate({ path: "greet" });
    expectTypeOf(grant).resolves.toHaveProperty("token").toEqualTypeOf<Grant["token"]>();
    // @ts-expect-error no path
    void client.subscriptionGrant.mutate({});
  });

  it("may stand below another router", () => {
    const nested = t.router({ realtime: app.grantRouter(t) });
    const client = createTRPCClient<typeof nested>({ links: [httpBatchLink({ url: "" })] });
    const grant = client.realtime.subscriptionGrant.mutate({ path: "greet" });
    expectTypeOf(grant).resolves.toHaveProperty("token").toEqualTypeOf<Grant["token"]>();
  });

  it("takes a context that the subscriptions can use, and no other", () => {
    app.grantRouter(initTRPC.context<AppContext & { readonly more: number }>().create());
    // @ts-expect-error a context without what the procedures need
    app.grantRouter(initTRPC.context<{ readonly userId: string }>().create());
    // @ts-expect-error a router is not the t
    app.grantRouter(appRouter);
  });
});

describe("routes that run something for each subscriber", () => {
  const { resolver } = subscriptions;
  const plain = t.procedure.subscription(resolver<string>());

  it("are refused, by hooks or history, with a schema or without", () => {
    const onStart = t.router({
      a: { b: t.procedure.subscription(resolver<string>({ async onStart() {} })) },
      plain,
    });
    // @ts-expect-error a.b has a hook
    subscriptions.router({ router: onStart }).engine(engine);
    const onData = t.router({
      a: t.procedure.subscription(resolver(z.string(), { onData: ({ data }) => data })),
    });
    // @ts-expect-error a has a hook
    subscriptions.router({ router: onData }).engine(engine);
    const history = t.router({ a: t.procedure.subscription(resolver<string>({ history: {} })) });
    // @ts-expect-error a has history
    subscriptions.router({ router: history }).engine(engine);
    const both = t.router({
      a: t.procedure.subscription(resolver(z.string(), { history: {}, async onStop() {} })),
    });
    // @ts-expect-error a has history and a hook
    subscriptions.router({ router: both }).engine(engine);
    // They are served by a store.
    subscriptions.router({ router: both }).store({ store });
  });

  it("are served with history alone by an engine with a store, and refused with hooks", () => {
    const keeping = memoryBroker({ store }).engine;
    const router = t.router({
      a: { b: t.procedure.subscription(resolver<string>({ history: {} })) },
      c: t.procedure.subscription(resolver(z.string().transform(Number), { history: {} })),
      plain,
    });
    const kept = subscriptions.router({ router }).engine(keeping);
    const publisher = kept.publisher();
    const { publish } = publisher.routes.a.b;
    expectTypeOf(publish({ data: "x", key: "k" })).resolves.toEqualTypeOf<BroadcastHistoryReport>();
    expectTypeOf(publisher.cursor()).toEqualTypeOf<string>();
    void publisher.routes.c.publish({ data: "1" });
    // @ts-expect-error what the schema makes is not what it takes
    void publisher.routes.c.publish({ data: 1 });
    // @ts-expect-error no history, so no key
    void publisher.routes.plain.publish({ data: "x", key: "k" });
    const client = createTRPCClient<typeof router>({ links: [] });
    client.c.subscribe(undefined, {
      onData: (event) => expectTypeOf(event).toEqualTypeOf<{ id: string; data: number }>(),
    });
    const hooks = t.router({
      a: t.procedure.subscription(
        resolver<string>({ history: {}, onData: ({ data }) => data.toUpperCase() }),
      ),
    });
    // @ts-expect-error a has a hook
    subscriptions.router({ router: hooks }).engine(keeping);
    const options: MemoryBrokerOptions = {};
    // @ts-expect-error it may have a store or not
    subscriptions.router({ router }).engine(memoryBroker(options).engine);
    const brokers = { prefix: ["a"], namespace: "a", secret: "" } as const;
    subscriptions.router({ router }).engine(iot({ ...brokers, store }));
    subscriptions.router({ router }).engine(appsync({ ...brokers, store }));
    // @ts-expect-error no store
    subscriptions.router({ router }).engine(iot(brokers));
    // @ts-expect-error no store
    subscriptions.router({ router }).engine(appsync(brokers));
  });
});

describe("routes with options", () => {
  const { resolver } = subscriptions;

  it("are served by every engine with shards alone, and not with hooks beside them", () => {
    const named = t.router({
      a: t.procedure.subscription(resolver(z.string(), { ctx: { userId: true } })),
    });
    // @ts-expect-error a has ctx
    subscriptions.router({ router: named }).engine(engine);
    const hooks = t.router({
      a: t.procedure.subscription(resolver<string>({ shards: 2, async onStop() {} })),
    });
    // @ts-expect-error a has a hook beside its shards
    subscriptions.router({ router: hooks }).engine(engine);
    const router = t.router({
      a: t.procedure.subscription(resolver<string>({ shards: 2 })),
      b: t.procedure.subscription(resolver(z.string().transform(Number), { shards: 2 })),
      c: t.procedure.subscription(resolver<string>({})),
    });
    const { routes } = subscriptions.router({ router }).engine(engine).publisher();
    void routes.a.publish({ data: "x" });
    void routes.b.publish({ data: "1" });
    void routes.c.publish({ data: "x" });
    // @ts-expect-error what the schema makes is not what it takes
    void routes.b.publish({ data: 1 });
    const client = createTRPCClient<typeof router>({ links: [] });
    client.b.subscribe(undefined, {
      onData: (data) => expectTypeOf(data).toEqualTypeOf<number>(),
    });
    // @ts-expect-error a number
    resolver<string>({ shards: "2" });
    // @ts-expect-error no option
    resolver<string>({ shard: 2 });
  });
});

describe("a link", () => {
  it("is one of tRPC's, and takes the router's transformer where there is one", async () => {
    const http = httpBatchLink<AppRouter>({ url: "" });
    const broker = memoryBroker();
    const link = await broker.link<AppRouter>({ http, onError: (error) => void error.message });
    expectTypeOf(link).toExtend<TRPCLink<AppRouter>>();
    expectTypeOf(link.onEvent(() => {})).toEqualTypeOf<() => void>();
    createTRPCClient<AppRouter>({ links: [link] });

    const withDates = initTRPC.create({ transformer: superjson });
    const router = withDates.router({
      at: withDates.procedure.subscription(initSubscriptions().resolver<Date>()),
    });
    const dates = httpBatchLink<typeof router>({ url: "", transformer: superjson });
    await broker.link<typeof router>({ http: dates, transformer: superjson });
    // @ts-expect-error the router has a transformer
    await broker.link<typeof router>({ http: dates });
    // @ts-expect-error the router has none
    await broker.link<AppRouter>({ http, transformer: superjson });
  });
});
