import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";

/** What everybody who follows a match is told. */
export interface Score {
  readonly match: string;
  readonly home: number;
  readonly away: number;
}

const subscriptions = initSubscriptions();
export const t = initTRPC.create();

export const appRouter = t.router({
  onScore: t.procedure
    .input(z.object({ match: z.string() }))
    .subscription(subscriptions.resolver<Score>()),
});

export type AppRouter = typeof appRouter;

/** The chain up to its engine, which is the one thing that differs. */
export const scores = subscriptions
  .router({ router: appRouter })
  .routes.onScore.filter({ name: "match", input: { match: true } });

/** What every publisher of these chains is called with. */
export const scoreOf = (score: Score) =>
  ({ data: score, filter: { name: "match", input: { match: score.match } } }) as const;
