import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";

/** What `authorize` returns in `handlers.ts`. */
export interface Session {
  readonly userId: string;
}

export interface AppContext {
  readonly userId: string;
}

export const subscriptions = initSubscriptions<Session>();

const t = initTRPC.context<AppContext>().create();

export const appRouter = t.router({
  whoAmI: t.procedure.query(({ ctx }) => ctx.userId),
  onPing: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<{ text: string; sentAt: string }>()),
  /** Kept for who comes back, so that it may be written to the outbox. */
  onNews: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<string>({ history: {} })),
});

export type AppRouter = typeof appRouter;
