import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";

interface Ctx {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();
const router = t.router({
  onMessage: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<string>()),
});

/** Rooms with users, without a filter. */
export const plainRooms = (store: Store) => subscriptions.router({ router }).store({ store });

/** The same, users and rooms addressed by a filter each. */
export const rooms = (store: Store) =>
  plainRooms(store).routes.onMessage.filter(
    { name: "byUser", ctx: { userId: true } },
    { name: "byRoom", input: { room: true } },
  );
