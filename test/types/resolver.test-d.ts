import { initTRPC, type TrackedEnvelope, tracked } from "@trpc/server";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { RouteTypesOf, StandardSchemaV1 } from "../../src/index.ts";
import { type AppContext, appRouter, authed, subscriptions, t } from "./fixture.ts";

const named = t.procedure.input(z.object({ name: z.string() }));

describe("types of a route", () => {
  type Procedures = typeof appRouter._def.record;

  it("are the published data, the parsed input and the context after middleware", () => {
    type MySubscription = RouteTypesOf<Procedures["mySubscription"]>;
    expectTypeOf<MySubscription["published"]>().toEqualTypeOf<string>();
    expectTypeOf<MySubscription["input"]>().toEqualTypeOf<{ name: string }>();
    expectTypeOf<MySubscription["ctx"]["userId"]>().toEqualTypeOf<string>();
    type OnMessage = RouteTypesOf<Procedures["chat"]["onMessage"]>;
    expectTypeOf<OnMessage["ctx"]["role"]>().toEqualTypeOf<"admin" | "user">();
    expectTypeOf<OnMessage["input"]["since"]>().toEqualTypeOf<number>();
    type Validated = RouteTypesOf<Procedures["validated"]>;
    expectTypeOf<Validated["published"]>().toEqualTypeOf<{ n: string }>();
    expectTypeOf<RouteTypesOf<Procedures["noInput"]>["input"]>().toEqualTypeOf<undefined>();
  });

  it("are never for other procedures", () => {
    expectTypeOf<RouteTypesOf<Procedures["ordinary"]>>().toEqualTypeOf<never>();
    expectTypeOf<RouteTypesOf<Procedures["typedGenerator"]>>().toEqualTypeOf<never>();
    expectTypeOf<RouteTypesOf<Procedures["greet"]>>().toEqualTypeOf<never>();
    const anyNext = t.procedure.subscription(
      // biome-ignore lint/suspicious/noExplicitAny: what a generator without annotations may have
      async function* (): AsyncGenerator<number, void, any> {
        yield 1;
      },
    );
    expectTypeOf<RouteTypesOf<typeof anyNext>>().toEqualTypeOf<never>();
  });

  it("survive wrapping and .errors(), not .output()", () => {
    const router = t.router({
      wrapped: named.subscription((options) => subscriptions.resolver<string>()(options)),
      asyncWrapped: named.subscription(async (options) =>
        subscriptions.resolver<string>()(options),
      ),
      withErrors: named.errors(() => undefined).subscription(subscriptions.resolver<string>()),
      withOutput: t.procedure
        .output(z.custom<AsyncIterable<string, void, undefined>>())
        .subscription(subscriptions.resolver<string>()),
    });
    const { routes } = subscriptions.router({ router });
    routes.wrapped.filter({ name: "x", input: { name: true } });
    routes.asyncWrapped.filter({ name: "x", input: { name: true } });
    routes.withErrors.filter({ name: "x", input: { name: true } });
    // @ts-expect-error .output() replaces the type that tRPC infers from the resolver
    void routes.withOutput;
  });

  it("are the same with a transformer", () => {
    const ts = initTRPC.context<AppContext>().create({
      transformer: { serialize: (value) => value, deserialize: (value) => value },
    });
    const router = ts.router({ m: ts.procedure.subscription(subscriptions.resolver<Date>()) });
    const { routes } = subscriptions.router({ router });
    routes.m.filter({ name: "x", ctx: { userId: true } });
  });
});

describe("a router without context", () => {
  it("has no ctx fields", () => {
    const plain = initTRPC.create();
    const router = plain.router({ a: plain.procedure.subscription(subscriptions.resolver<1>()) });
    const { routes } = subscriptions.router({ router });
    routes.a.filter({ name: "x" });
    // @ts-expect-error no ctx
    routes.a.filter({ name: "x", ctx: { userId: true } });
  });
});

describe("createCaller", () => {
  it("gives an iterable of the data", async () => {
    const caller = appRouter.createCaller({ userId: "", tenant: 1, user: null, roles: [] });
    for await (const event of await caller.mySubscription({ name: "x" })) {
      expectTypeOf(event).toEqualTypeOf<string>();
    }
  });
});

describe("schema", () => {
  it("may be any Standard Schema", () => {
    const schema: StandardSchemaV1<string, { readonly n: number }> = {
      "~standard": { version: 1, vendor: "test", validate: () => ({ value: { n: 1 } }) },
    };
    const procedure = t.procedure.subscription(subscriptions.resolver(schema));
    type Route = RouteTypesOf<typeof procedure>;
    expectTypeOf<Route["published"]>().toEqualTypeOf<string>();
    type Events = (typeof procedure)["_def"]["$types"]["output"];
    expectTypeOf<Events>().toExtend<AsyncIterable<{ readonly n: number }>>();
    // @ts-expect-error not a schema
    subscriptions.resolver({ parse: () => 1 });
  });

  it("has no say in a tracked route", () => {
    const router = t.router({
      a: t.procedure.subscription(
        subscriptions.resolver(z.custom<TrackedEnvelope<{ v: number }>>()),
      ),
    });
    type Route = RouteTypesOf<typeof router._def.record.a>;
    expectTypeOf(tracked("1", { v: 1 })).toEqualTypeOf<Route["published"]>();
  });
});

describe("procedures", () => {
  it("keep the resolver's data whatever hooks it has", () => {
    const procedure = authed.subscription(
      subscriptions.resolver<"a" | "b">({ onData: ({ drop }) => drop, shards: 2 }),
    );
    expectTypeOf<RouteTypesOf<typeof procedure>["published"]>().toEqualTypeOf<"a" | "b">();
    expectTypeOf<RouteTypesOf<typeof procedure>["ctx"]["role"]>().toEqualTypeOf<"admin" | "user">();
  });
});
