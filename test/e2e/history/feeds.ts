import { initTRPC, TRPCError } from "@trpc/server";
import {
  type HistoryOptions,
  initSubscriptions,
  type Store,
  type SubscriptionsEvent,
} from "trpc-aws-subscriptions";
import { z } from "zod";

/** The context of every procedure. */
export interface Ctx {
  readonly userId: string;
}

/** What the feeds and a test share. */
export interface Observed {
  /** Users whom the middleware refuses. */
  readonly banned: Set<string>;
  /** What `onStart` yielded. */
  readonly started: string[];
  /** What `onEvent` was told. */
  readonly told: SubscriptionsEvent[];
  /** Holds up `onData`. */
  readonly shouting?: ((data: string) => Promise<void> | undefined) | undefined;
}

const lastEventId = z.string().nullish();

/** Feeds with users and rooms, whose events are kept. */
export function buildFeeds(history: HistoryOptions, { banned, started, told, shouting }: Observed) {
  const subscriptions = initSubscriptions<Ctx>({ onEvent: (event) => void told.push(event) });
  const t = initTRPC.context<Ctx>().create();
  const allowed = t.procedure.use(({ ctx, next }) => {
    if (banned.has(ctx.userId)) throw new TRPCError({ code: "FORBIDDEN", message: "banned" });
    return next();
  });
  const router = t.router({
    onMessage: allowed
      .input(z.object({ room: z.string(), lastEventId }))
      .subscription(subscriptions.resolver<string>({ history })),
    onShout: t.procedure.subscription(
      subscriptions.resolver<string, { readonly ctx: Ctx }>({
        history,
        ctx: { userId: true },
        async onData({ data, ctx, drop }) {
          await shouting?.(data);
          return data === ctx.userId ? drop : `${ctx.userId}: ${data}`;
        },
      }),
    ),
    onState: t.procedure.input(z.unknown()).subscription(
      subscriptions.resolver<string>({
        history,
        async *onStart({ resumed }) {
          const text = resumed ? "start, resumed" : "start";
          started.push(text);
          yield text;
        },
        async *onGap({ lastEventId }) {
          yield `gap since ${lastEventId}`;
        },
      }),
    ),
  });
  return (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onMessage.filter(
        { name: "byUserAndRoom", ctx: { userId: true }, input: { room: true } },
        { name: "byRoom", input: { room: true } },
      );
}
