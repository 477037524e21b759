import type { Store } from "trpc-aws-subscriptions";
import { type AppRouter, subscriptions } from "./router.ts";

/** The table behind the router, and by what its subscribers can be found. */
export function createChain(router: AppRouter, store: Store) {
  return subscriptions
    .router({ router })
    .store({ store })
    .routes.onBoard.filter({ name: "board", input: { boardId: true } })
    .routes.onBoard.filter({ name: "viewer", ctx: { userId: true }, input: { boardId: true } })
    .routes.onNotification.filter({ name: "user", ctx: { userId: true } });
}

export type BoardPublisher = ReturnType<ReturnType<typeof createChain>["publisher"]>;
