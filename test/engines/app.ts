import type { createTRPCClient } from "@trpc/client";
import { initTRPC, TRPCError, type TrackedEnvelope } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { memoryBroker } from "trpc-aws-subscriptions/testing";
import { z } from "zod";

/** Who asks; by HTTP, or on a WebSocket. */
export interface Context {
  readonly userId?: string | undefined;
}

export const t = initTRPC.context<Context>().create();

const subscriptions = initSubscriptions<Context & { readonly userId?: string }>();

const member = t.procedure.use(({ ctx, next }) => {
  if (ctx.userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { userId: ctx.userId } });
});

/** The one router that every engine serves. */
export const router = t.router({
  chat: t.router({
    onMessage: member
      .input(z.object({ room: z.string(), agent: z.string().optional() }))
      .use(({ input, next }) => {
        if (input.room === "closed") throw new TRPCError({ code: "FORBIDDEN" });
        return next();
      })
      .subscription(subscriptions.resolver<TrackedEnvelope<{ readonly text: string }>>()),
  }),
  news: t.procedure.subscription(
    subscriptions.resolver(z.object({ n: z.string().transform(Number) })),
  ),
});

export type AppRouter = typeof router;

/** The one set of filters that every engine has. */
export const filtered = subscriptions
  .router({ router })
  .routes.chat.onMessage.filter(
    { name: "mine", ctx: { userId: true } },
    { name: "mineInRoom", ctx: { userId: true }, input: { room: true } },
    { name: "room", input: { room: true, agent: "optional" } },
  );

const publisherOf = () => filtered.engine(memoryBroker().engine).publisher();
type Routes = ReturnType<typeof publisherOf>["routes"];
export type ChatOptions = Parameters<Routes["chat"]["onMessage"]["publish"]>[0];

/** What every publisher takes; what it tells differs. */
export interface Publisher {
  readonly routes: {
    readonly chat: {
      readonly onMessage: { publish(options: ChatOptions): Promise<object> };
    };
    readonly news: {
      publish(options: Parameters<Routes["news"]["publish"]>[0]): Promise<object>;
    };
  };
}

export type Client = ReturnType<typeof createTRPCClient<AppRouter>>;
