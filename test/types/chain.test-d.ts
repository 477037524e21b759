import type { inferRouterContext } from "@trpc/server";
import { describe, expectTypeOf, it } from "vitest";
import {
  type ApiGatewayTypes,
  initSubscriptions,
  type JsonValue,
  type Publisher,
  type Store,
  type Subscriptions,
} from "../../src/index.ts";
import { type AppRouter, appRouter, app as filtered, store, subscriptions } from "./fixture.ts";

const chain = subscriptions.router({ router: appRouter });
const stored = chain.store({ store });

describe("steps", () => {
  it("start with the router", () => {
    // @ts-expect-error no router yet
    void subscriptions.store;
    // @ts-expect-error no router yet
    void subscriptions.routes;
    // @ts-expect-error the router is there
    void chain.router;
    // @ts-expect-error the procedures of a router are no router
    subscriptions.router({ router: appRouter.chat });
    // @ts-expect-error the router itself instead of the options
    subscriptions.router(appRouter);
  });

  it("have no handlers before the store", () => {
    // @ts-expect-error no store yet
    void chain.connect;
    // @ts-expect-error no store yet
    void chain.disconnect;
    // @ts-expect-error no store yet
    void chain.handler;
    // @ts-expect-error no store yet
    void chain.webSocketHandler;
    // @ts-expect-error no store yet
    void chain.publisher;
    // @ts-expect-error no store yet, filters do not change that
    void chain.routes.mySubscription.filter({ name: "a" }).connect;
  });

  it("have one store", () => {
    // @ts-expect-error the store is there
    void stored.store;
    // @ts-expect-error the store is there, filters do not change that
    void filtered.store;
    // @ts-expect-error no store
    chain.store({});
    // @ts-expect-error the store itself instead of the options
    chain.store(store);
    expectTypeOf(chain.store).parameter(0).toEqualTypeOf<{ readonly store: Store }>();
  });
});

describe("types of a chain", () => {
  it("are the same whatever the order of steps", () => {
    const filter = { name: "a", ctx: { userId: true }, input: { name: true } } as const;
    const early = chain.routes.mySubscription.filter(filter).store({ store });
    const late = stored.routes.mySubscription.filter(filter);
    expectTypeOf(early).toEqualTypeOf(late);
    const one = stored.routes.mySubscription
      .filter({ name: "a" })
      .routes.noInput.filter({ name: "b" });
    const two = stored.routes.noInput
      .filter({ name: "b" })
      .routes.mySubscription.filter({ name: "a" });
    expectTypeOf(one).toEqualTypeOf(two);
    const together = stored.routes.noInput.filter(
      { name: "a" },
      { name: "b", ctx: { userId: true } },
    );
    const apart = stored.routes.noInput
      .filter({ name: "b", ctx: { userId: true } })
      .routes.noInput.filter({ name: "a" });
    expectTypeOf(together).toEqualTypeOf(apart);
  });

  it("can be written down", () => {
    type Filters = { path: "mySubscription"; name: "a"; ctx: "userId"; input: never };
    const named: Subscriptions<AppRouter, Filters, ApiGatewayTypes, JsonValue> =
      stored.routes.mySubscription.filter({ name: "a", ctx: { userId: true } });
    expectTypeOf(named.publisher).returns.toEqualTypeOf<Publisher<AppRouter, Filters>>();
  });
});

describe("immutability", () => {
  it("holds for every builder", () => {
    const first = stored.routes.noInput.filter({ name: "a" });
    const publisher = stored.publisher({ endpoint: "" });
    // @ts-expect-error the older builder has no filter
    void publisher.routes.noInput.count({ name: "a" });
    void first.publisher({ endpoint: "" }).routes.noInput.count({ name: "a" });
    // @ts-expect-error read-only
    stored.routes = first.routes;
    // @ts-expect-error read-only
    stored.routes.noInput = first.routes.noInput;
    // @ts-expect-error read-only
    publisher.routes.noInput = first.publisher({ endpoint: "" }).routes.noInput;
  });
});

describe("session", () => {
  it("is JSON unless it is said", () => {
    type Connect = Parameters<typeof stored.connect>[0];
    type Session = NonNullable<Parameters<NonNullable<Create>>[0]>["connection"]["session"];
    type Create = NonNullable<Parameters<typeof stored.handler>[0]>["createContext"];
    expectTypeOf<Session>().toEqualTypeOf<JsonValue>();
    expectTypeOf<Connect>().not.toBeAny();
  });

  it("is what initSubscriptions says, at both ends", () => {
    interface Session {
      readonly userId: string;
    }
    const app = initSubscriptions<Session>().router({ router: appRouter }).store({ store });
    const context: inferRouterContext<AppRouter> = { userId: "", tenant: 1, user: null, roles: [] };
    app.connect({ authorize: async () => ({ session: { userId: "u" } }) });
    // @ts-expect-error not the session
    app.connect({ authorize: async () => ({ session: { user: "u" } }) });
    app.handler({
      createContext: ({ connection }) => ({ ...context, userId: connection.session.userId }),
    });
    // @ts-expect-error not of the session
    app.handler({ createContext: ({ connection: { session } }) => ({ ...context, ...session.x }) });
  });

  it("leaves createContext to be checked against the router", () => {
    stored.handler();
    stored.handler({});
    // @ts-expect-error not the context
    stored.handler({ createContext: () => ({ userId: 1 }) });
  });
});
