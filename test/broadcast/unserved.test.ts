import { createTRPCClient, httpBatchLink, httpLink } from "@trpc/client";
import { initTRPC, lazy } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { BuilderError, type GrantRouter, initSubscriptions } from "trpc-aws-subscriptions";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { memory, memoryBroker } from "trpc-aws-subscriptions/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { served } from "../httpServer.ts";
import { Heard, until } from "./world.ts";

const t = initTRPC.context<{ readonly userId?: string }>().create();
const subscriptions = initSubscriptions();
const { resolver } = subscriptions;

const servedByAll = t.router({
  plain: t.procedure.subscription(resolver<number>()),
  sharded: t.procedure.subscription(resolver<number>({ shards: 3 })),
  checked: t.procedure.subscription(resolver(z.number(), { shards: 3 })),
  empty: t.procedure.subscription(resolver<number>({})),
});

const own = t.router({
  onStart: t.procedure.subscription(resolver<number>({ async onStart() {} })),
  onData: t.procedure.subscription(resolver<number>({ onData: ({ data }) => data })),
  onStop: t.procedure.subscription(resolver<number>({ async onStop() {} })),
  onGap: t.procedure.subscription(resolver<number>({ history: {}, async onGap() {} })),
  ctx: t.procedure.subscription(resolver(z.number(), { ctx: { userId: true } })),
  history: t.procedure.subscription(resolver<number>({ history: {} })),
});

/** A lazy router is not there when the engine is chosen, so that its routes are looked at when they are asked for. */
const makeRouter = () => t.router({ plain: servedByAll.plain, own: lazy(async () => own) });
type Router = ReturnType<typeof makeRouter>;

type Engine = ReturnType<typeof memoryBroker>["engine"];

/** The chain of an application that is not compiled, or whose compiler was told to be quiet. */
function chainOn(engine: Engine) {
  const router = makeRouter();
  const chain = subscriptions.router({ router }).engine(engine as never);
  return { router, ...(chain as unknown as ReturnType<typeof chainOfAll>) };
}

const chainOfAll = (engine: Engine) => subscriptions.router({ router: servedByAll }).engine(engine);

async function serve(router: ReturnType<typeof t.mergeRouters>): Promise<[string, string[]]> {
  const requests: string[] = [];
  const server = createHTTPServer({
    router,
    createContext({ req }) {
      requests.push(`${req.url}`);
      return { userId: "ann" };
    },
  });
  return [await served(server), requests];
}

const secret = "0123456789abcdef0123456789abcdef";
const ENGINES = {
  memory: () => memoryBroker().engine,
  iot: () => iot({ prefix: ["test"], secret }) as unknown as Engine,
  appsync: () => appsync({ namespace: "test", secret }) as unknown as Engine,
};
const KEEPING_ENGINES = {
  memory: () => memoryBroker({ store: memory() }).engine as unknown as Engine,
  iot: () => iot({ prefix: ["test"], secret, store: memory() }) as unknown as Engine,
  appsync: () => appsync({ namespace: "test", secret, store: memory() }) as unknown as Engine,
};

describe.each(Object.entries(ENGINES))("a grant of %s", (name, engineOf) => {
  it.each([
    ["onStart", ENGINES, "has onStart"],
    ["onData", ENGINES, "has onData"],
    ["onStop", ENGINES, "has onStop"],
    ["ctx", ENGINES, "has ctx"],
    ["history", ENGINES, "has no store to keep its events"],
    ["onStart", KEEPING_ENGINES, "has onStart"],
    ["onGap", KEEPING_ENGINES, "has onGap"],
  ] as const)("is refused for a route with %s", async (route, engines, problem) => {
    const { router, grantRouter } = chainOn(engines[name as keyof typeof engines]());
    const [url] = await serve(t.mergeRouters(router, grantRouter(t)));
    const client = createTRPCClient<GrantRouter>({ links: [httpLink({ url })] });
    const asked = client.subscriptionGrant.mutate({ path: `own.${route}` });
    await expect(asked).rejects.toMatchObject({
      message: expect.stringContaining(problem),
      data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500, path: "subscriptionGrant" },
    });
  });

  it("is refused at once when the route is there already", () => {
    const router = t.router({ onData: own.onData });
    expect(() => subscriptions.router({ router }).engine(engineOf() as never)).toThrow(
      BuilderError,
    );
  });
});

it("a client is told by an ordinary error, asks no more, and its other subscriptions go on", async () => {
  const broker = memoryBroker();
  const { router, grantRouter, publisher } = chainOn(broker.engine);
  const [url, requests] = await serve(t.mergeRouters(router, grantRouter(t)));
  const http = httpBatchLink<Router>({ url });
  const link = await broker.link<Router>({ http, backOffMs: [1] });
  onTestFinished(() => link.close());
  const client = createTRPCClient<Router>({ links: [link] });
  const [plain, hooked, kept] = [new Heard<number>(), new Heard<number>(), new Heard<unknown>()];
  client.plain.subscribe(undefined, plain.callbacks);
  client.own.onData.subscribe(undefined, hooked.callbacks);
  client.own.history.subscribe(undefined, kept.callbacks);
  await until(() => plain.started + hooked.errors.length + kept.errors.length === 3);
  await publisher().routes.plain.publish({ data: 1 });
  await until(() => plain.data.length === 1);
  expect(hooked.errors.map(({ data }) => data?.code)).toEqual(["INTERNAL_SERVER_ERROR"]);
  expect(kept.errors.map(({ data }) => data?.code)).toEqual(["INTERNAL_SERVER_ERROR"]);
  expect(hooked.errors[0]?.message).toContain('"own.onData" has onData');
  expect([hooked.started, kept.started, plain.errors]).toEqual([0, 0, []]);
  expect(requests).toHaveLength(1);
});

it("a route without hooks is served, whatever its shards", async () => {
  const broker = memoryBroker();
  const chain = chainOfAll(broker.engine);
  const [url] = await serve(t.mergeRouters(servedByAll, chain.grantRouter(t)));
  const link = await broker.link<typeof servedByAll>({ http: httpBatchLink({ url }) });
  onTestFinished(() => link.close());
  const client = createTRPCClient<typeof servedByAll>({ links: [link] });
  const publisher = chain.publisher();
  for (const route of ["sharded", "checked", "empty"] as const) {
    const heard = new Heard<number>();
    client[route].subscribe(undefined, heard.callbacks);
    await heard.start();
    expect(await publisher.routes[route].publish({ data: 1 })).toMatchObject({ topics: 1 });
    await until(() => heard.data.length === 1);
  }
});
