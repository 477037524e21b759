import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";

const t = initTRPC.create();

/** What the README's block about large audiences publishes to. */
export const appRouter = t.router({
  onNews: t.procedure.subscription(initSubscriptions().resolver<string>()),
});
