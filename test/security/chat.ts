import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";

/** Who a client is: the session, and the context of every procedure. */
export interface User {
  readonly userId: string;
}

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User>().create();
const inRoom = t.procedure.input(z.object({ room: z.string() }));

const router = t.router({
  whoAmI: t.procedure.query(({ ctx }) => ctx.userId),
  onMessage: inRoom.subscription(subscriptions.resolver<string>()),
  onHooked: inRoom.subscription(
    subscriptions.resolver<string, { input: { room: string }; ctx: User }, "userId">({
      ctx: { userId: true },
      async *onStart({ ctx }) {
        yield `welcome ${ctx.userId}`;
      },
      onData: ({ data, ctx }) => `${data} for ${ctx.userId}`,
      onStop: async () => undefined,
    }),
  ),
  onFeed: inRoom.subscription(subscriptions.resolver<string>({ history: {} })),
  onOwnFeed: inRoom.subscription(
    subscriptions.resolver<string, { ctx: User }, "userId">({
      history: {},
      ctx: { userId: true },
      onData: ({ data, ctx }) => `${data} for ${ctx.userId}`,
    }),
  ),
  onStream: t.procedure.subscription(async function* ({ signal }) {
    yield "first";
    await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
  }),
});

/** A chain with a procedure of each kind, so that each call to AWS that the library can make has a reason. */
export function chat(store: Store) {
  return subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter(
      { name: "byUser", ctx: { userId: true } },
      { name: "byRoom", input: { room: true } },
    )
    .routes.onHooked.filter({ name: "byRoom", input: { room: true } })
    .routes.onFeed.filter(
      { name: "byUser", ctx: { userId: true } },
      { name: "byRoom", input: { room: true } },
    )
    .routes.onOwnFeed.filter({ name: "byRoom", input: { room: true } });
}

/** A publisher of {@link chat}. */
export type ChatPublisher = ReturnType<ReturnType<typeof chat>["publisher"]>;
