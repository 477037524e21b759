import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";

/** Who a client is. */
export interface Session {
  readonly userId: string;
}

/** So many that two subscriptions do not fit one transaction: 2 × (1 + 1 + 49) writes and the connection's. */
const WIDE = Array.from({ length: 49 }, (_, index) => ({
  name: `wide${index}`,
  ctx: { userId: true },
}));

const subscriptions = initSubscriptions<Session>();
const t = initTRPC.context<Session>().create();

/** Ends of subscriptions that `onStop` was told of, as `user/path`. */
export const ended: string[] = [];

const router = t.router({
  onMessage: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<string>()),
  onNote: t.procedure.subscription(
    subscriptions.resolver<string, { ctx: Session }, "userId">({
      ctx: { userId: true },
      async *onStart() {
        yield "kept";
      },
      onData: ({ data }) => data,
      onStop: async ({ ctx, path }) => {
        ended.push(`${ctx.userId}/${path}`);
      },
    }),
  ),
  onShards: t.procedure.subscription(subscriptions.resolver<string>({ shards: 2 })),
  onWide: t.procedure.subscription(subscriptions.resolver<string>()),
  onRefused: t.procedure.subscription(
    subscriptions.resolver<string>({
      onStart: async () => {
        throw new Error("not today");
      },
    }),
  ),
  ticks: t.procedure.subscription(async function* () {
    yield "one";
  }),
  get: t.procedure.query(({ ctx }) => ctx.userId),
});

/** Every kind of procedure, on a store. */
export function chainOn(store: Store) {
  const chain = subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter(
      { name: "byUser", ctx: { userId: true } },
      { name: "byRoom", input: { room: true } },
    );
  // Their names are no literals, which the types want.
  const wide: typeof chain = Reflect.apply(chain.routes.onWide.filter, undefined, WIDE);
  return wide;
}
