import { initTRPC, TRPCError } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { z } from "zod";
import { PREFIX } from "./stack.ts";

/** What procedures are given. */
export interface Context {
  readonly userId?: string;
  readonly params?: Readonly<Record<string, string>> | null;
}

const t = initTRPC.context<Context>().create();
const subscriptions = initSubscriptions<{ readonly userId?: string }>();

const member = t.procedure.use(({ ctx, next }) => {
  const { userId } = ctx;
  if (userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { userId } });
});

/**
 * A router with what topics of a broker cannot have: code for each subscriber.
 *
 * @param stopped - of `onSeen`, by user
 */
const appRouterOf = (stopped: string[]) =>
  t.router({
    whoAmI: t.procedure.query(({ ctx }) => ({ userId: ctx.userId, params: ctx.params })),
    onMessage: member
      .input(z.object({ room: z.string() }))
      .subscription(subscriptions.resolver<{ readonly text: string }>()),
    onSeen: member.input(z.object({ room: z.string() })).subscription(
      subscriptions.resolver<string, { ctx: { userId: string } }, "userId">({
        ctx: { userId: true },
        onData: ({ data, ctx }) => `${data} for ${ctx.userId}`,
        onStop: async ({ ctx }) => void stopped.push(ctx.userId),
      }),
    ),
    onKept: member
      .input(z.object({ room: z.string(), lastEventId: z.string().nullish() }))
      .subscription(subscriptions.resolver<number>({ history: { ttlSeconds: 600 } })),
  });

export type AppRouter = ReturnType<typeof appRouterOf>;

/** The chain of these tests. */
export const chainOf = (store: Store, stopped: string[] = []) =>
  subscriptions
    .router({ router: appRouterOf(stopped) })
    .routes.onMessage.filter(
      { name: "mine", ctx: { userId: true } },
      { name: "room", input: { room: true } },
    )
    .routes.onSeen.filter({ name: "room", input: { room: true } })
    .routes.onKept.filter({ name: "room", input: { room: true } })
    .engine(iot({ prefix: PREFIX, delivery: "direct", store }));

/** Lets in whoever says who it is; "mallory" is refused. */
export const authorize = ({ query }: { readonly query: Readonly<Record<string, unknown>> }) => {
  const userId = query["user"];
  if (userId === "mallory") throw new TRPCError({ code: "UNAUTHORIZED" });
  return { session: typeof userId === "string" ? { userId } : {} };
};

/** The session and the params are the context. */
export const createContext = ({
  connection,
}: {
  readonly connection: {
    readonly session: { readonly userId?: string };
    readonly connectionParams: Readonly<Record<string, string>> | null;
  };
}): Context => ({ ...connection.session, params: connection.connectionParams });
