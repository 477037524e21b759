import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { Drop, RouteTypesOf } from "../../src/index.ts";
import { drop } from "../../src/index.ts";
import { type AppContext, authed, subscriptions, t } from "./fixture.ts";

const schema = z.object({ n: z.string().transform(Number) });
const named = authed.input(z.object({ name: z.string(), since: z.coerce.number() }));

describe("hooks of resolver(schema, hooks)", () => {
  it("know the procedure's parsed input and context after middleware", () => {
    const procedure = named.subscription(
      subscriptions.resolver(schema, {
        ctx: { userId: true, role: true },
        async onStart({ input, ctx, path, connectionId, signal }) {
          expectTypeOf(input).toEqualTypeOf<{ name: string; since: number }>();
          expectTypeOf(ctx.role).toEqualTypeOf<"admin" | "user">();
          expectTypeOf(ctx.roles).toEqualTypeOf<readonly string[]>();
          expectTypeOf({ path, connectionId, signal }).toEqualTypeOf<{
            path: string;
            connectionId: string;
            signal: AbortSignal;
          }>();
        },
        onData({ data, input, ctx, drop: none }) {
          expectTypeOf(data).toEqualTypeOf<{ n: number }>();
          expectTypeOf(input.since).toEqualTypeOf<number>();
          expectTypeOf(ctx).toEqualTypeOf<{
            readonly userId: string;
            readonly role: "admin" | "user";
          }>();
          expectTypeOf(none).toEqualTypeOf<Drop>();
          return ctx.role === "admin" ? data : none;
        },
        async onStop({ input, ctx }) {
          expectTypeOf(input.name).toEqualTypeOf<string>();
          expectTypeOf(ctx.userId).toEqualTypeOf<string>();
          // @ts-expect-error not named, so not stored
          void ctx.tenant;
        },
      }),
    );
    type Route = RouteTypesOf<typeof procedure>;
    expectTypeOf<Route["published"]>().toEqualTypeOf<{ n: string }>();
    expectTypeOf<Route["input"]>().toEqualTypeOf<{ name: string; since: number }>();
    expectTypeOf<Route["ctx"]["role"]>().toEqualTypeOf<"admin" | "user">();
    const { routes } = subscriptions.router({ router: t.router({ a: procedure }) });
    routes.a.filter({ name: "x", ctx: { role: true }, input: { since: true } });
  });

  it("may start with values of the resolver's type", () => {
    named.subscription(
      subscriptions.resolver(schema, {
        async *onStart({ input, ctx }) {
          expectTypeOf(ctx.userId).toEqualTypeOf<string>();
          yield { n: input.since };
        },
      }),
    );
    named.subscription(
      subscriptions.resolver(schema, {
        // @ts-expect-error what the schema accepts, not what it makes of it
        async *onStart() {
          yield { n: "1" };
        },
      }),
    );
  });
});

describe("ctx of hooks", () => {
  it("names fields of the context, and is none that they do not name", () => {
    named.subscription(
      subscriptions.resolver(schema, {
        onData({ ctx, data }) {
          // biome-ignore lint/complexity/noBannedTypes: an object without members is what is meant
          expectTypeOf(ctx).toEqualTypeOf<{}>();
          return data;
        },
      }),
    );
    named.subscription(
      // @ts-expect-error no such field
      subscriptions.resolver(schema, { ctx: { nope: true }, onData: ({ data }) => data }),
    );
    named.subscription(
      // @ts-expect-error only true
      subscriptions.resolver(schema, { ctx: { userId: false }, onData: ({ data }) => data }),
    );
  });
});

describe("results of hooks", () => {
  it("are the resolver's type or drop", () => {
    subscriptions.resolver(schema, { onData: async () => drop });
    subscriptions.resolver(schema, { onData: async () => ({ n: 1 }) });
    // @ts-expect-error another type
    subscriptions.resolver(schema, { onData: () => ({ n: "1" }) });
    // @ts-expect-error nothing is not drop
    subscriptions.resolver(schema, { onData: () => undefined });
    // @ts-expect-error misspelt
    subscriptions.resolver(schema, { ondata: () => drop });
    // @ts-expect-error a text
    subscriptions.resolver(schema, { shards: "2" });
  });
});

describe("hooks of resolver<T, TNeeds>(hooks)", () => {
  interface Needs {
    readonly input: { readonly name: string };
    readonly ctx: Pick<AppContext, "userId" | "roles">;
  }
  const hooked = () =>
    subscriptions.resolver<string, Needs, "userId">({
      ctx: { userId: true },
      async onStart({ input, ctx }) {
        expectTypeOf(input).toEqualTypeOf<Needs["input"]>();
        expectTypeOf(ctx).toEqualTypeOf<Needs["ctx"]>();
      },
      onData({ data, ctx }) {
        expectTypeOf(data).toEqualTypeOf<string>();
        expectTypeOf(ctx).toEqualTypeOf<{ readonly userId: string }>();
        return data;
      },
    });

  it("take the procedure's own types where it has what they need", () => {
    const procedure = named.subscription(hooked());
    type Route = RouteTypesOf<typeof procedure>;
    expectTypeOf<Route["published"]>().toEqualTypeOf<string>();
    expectTypeOf<Route["input"]>().toEqualTypeOf<{ name: string; since: number }>();
    expectTypeOf<Route["ctx"]["role"]>().toEqualTypeOf<"admin" | "user">();
  });

  it("are refused by procedures without it", () => {
    // @ts-expect-error no input
    t.procedure.subscription(hooked());
    // @ts-expect-error another input
    t.procedure.input(z.object({ name: z.number() })).subscription(hooked());
    const replaced = named.use(({ next }) => next({ ctx: { userId: 1 } }));
    // @ts-expect-error another context
    replaced.subscription(hooked());
  });

  it("know nothing they do not say they need", () => {
    subscriptions.resolver<string>({
      async onStart({ input, ctx }) {
        expectTypeOf(input).toEqualTypeOf<unknown>();
        expectTypeOf(ctx).toEqualTypeOf<unknown>();
      },
    });
    subscriptions.resolver<string, { ctx: { userId: string } }>({
      async onStart({ input, ctx }) {
        expectTypeOf(input).toEqualTypeOf<unknown>();
        expectTypeOf(ctx).toEqualTypeOf<{ userId: string }>();
      },
    });
    // @ts-expect-error a ctx field that is not among the needs
    subscriptions.resolver<string, Needs, "tenant">({ ctx: { tenant: true } });
    // @ts-expect-error named by the hooks, not by the type
    subscriptions.resolver<string, Needs>({ ctx: { userId: true } });
    // @ts-expect-error named by the type, not by the hooks
    subscriptions.resolver<string, Needs, "userId">({ onData: ({ data }) => data });
  });
});
