import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";

const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({
  onMessage: t.procedure.subscription(subscriptions.resolver<string>()),
});

/** One procedure, whose events are for everybody. */
export const everybody = (store: Store) => subscriptions.router({ router }).store({ store });

/** The router of {@link everybody}. */
export type EverybodyRouter = typeof router;
