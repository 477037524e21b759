import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC, lazy, type TrackedEnvelope } from "@trpc/server";
import { z } from "zod";
import { dynamodb, initSubscriptions } from "../../src/index.ts";

export interface AppContext {
  readonly userId: string;
  readonly tenant: number;
  readonly user: { readonly id: string } | null;
  readonly impersonator?: string;
  readonly roles: readonly string[];
}

export interface Message {
  readonly id: number;
  readonly text: string;
  readonly at: Date;
}

export const subscriptions = initSubscriptions();
export const t = initTRPC.context<AppContext>().create();
export const store = dynamodb({ tableName: "table", dynamoDBClient: new DynamoDBClient({}) });

export const authed = t.procedure.use(({ next }) =>
  next({ ctx: { role: "admin" as "admin" | "user", user: { id: "x" } } }),
);

const chat = t.router({
  onMessage: authed
    .input(
      z.object({
        room: z.string(),
        since: z.coerce.number(),
        agentId: z.string().optional(),
        cursor: z.bigint().nullable().default(null),
        options: z.object({ a: z.string() }).optional(),
        at: z.date().optional(),
      }),
    )
    .subscription(subscriptions.resolver<Message>()),
  list: t.procedure.query(() => 1),
});

const admin = t.router({
  audit: t.router({
    onEvent: t.procedure
      .input(z.object({ kind: z.enum(["a", "b"]), urgent: z.boolean() }))
      .subscription(subscriptions.resolver<{ n: number }>()),
  }),
});

const named = t.procedure.input(z.object({ name: z.string() }));

export const appRouter = t.mergeRouters(
  t.router({
    mySubscription: named.subscription(subscriptions.resolver<string>()),
    noInput: t.procedure.subscription(subscriptions.resolver<number>()),
    tracked: named.subscription(subscriptions.resolver<TrackedEnvelope<{ v: number }>>()),
    normalized: t.procedure
      .input(z.object({ n: z.string().transform((s) => s.length), d: z.string().default("x") }))
      .subscription(subscriptions.resolver<string>()),
    choice: t.procedure
      .input(
        z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("room"), room: z.string() }),
          z.object({ kind: z.literal("user"), user: z.number() }),
        ]),
      )
      .subscription(subscriptions.resolver<string>()),
    text: t.procedure.input(z.string()).subscription(subscriptions.resolver<string>()),
    list: t.procedure.input(z.array(z.string())).subscription(subscriptions.resolver<string>()),
    validated: named.subscription(
      subscriptions.resolver(z.object({ n: z.string().transform(Number) })),
    ),
    ordinary: t.procedure.subscription(async function* () {
      yield 1;
    }),
    typedGenerator: t.procedure.subscription(async function* (): AsyncGenerator<
      number,
      void,
      undefined
    > {
      yield 1;
    }),
    greet: t.procedure.query(() => "hi"),
    resolverOfQuery: t.procedure.query(subscriptions.resolver<string>()),
    rename: t.procedure.mutation(() => "ok"),
    chat,
    admin,
    lazyChat: lazy(async () => chat),
  }),
  t.router({ merged: named.subscription(subscriptions.resolver<boolean>()) }),
);

export type AppRouter = typeof appRouter;

/** A chain with a store and filters on some of the routes. */
export const app = subscriptions
  .router({ router: appRouter })
  .store({ store })
  .routes.mySubscription.filter({
    name: "userIdAndName",
    ctx: { userId: true },
    input: { name: true },
  })
  .routes.mySubscription.filter(
    { name: "byName", input: { name: true } },
    { name: "byTenant", ctx: { tenant: true } },
    { name: "everyone" },
  )
  .routes.chat.onMessage.filter({
    name: "room",
    ctx: { role: true },
    input: { room: true, since: true, agentId: true, cursor: true },
  })
  .routes.chat.onMessage.filter({
    name: "agent",
    ctx: { impersonator: "optional" },
    input: { room: true, agentId: "optional" },
  })
  .routes.admin.audit.onEvent.filter({ name: "kind", input: { kind: true, urgent: true } })
  .routes.lazyChat.onMessage.filter({ name: "r", input: { room: true } })
  .routes.normalized.filter({ name: "n", input: { n: true, d: true } })
  .routes.choice.filter({ name: "any", input: { kind: true, room: true, user: true } })
  .routes.merged.filter({ name: "impersonated", ctx: { impersonator: true } });

export const publisher = app.publisher({ endpoint: "https://example.com/stage" });
