import { initTRPC, TRPCError } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";
import type { User, World } from "./world.ts";

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User>().create();

const members = t.procedure.use(({ ctx, next }) => {
  if (ctx.userId === "mallory") {
    throw new TRPCError({ code: "FORBIDDEN", message: "members only" });
  }
  return next();
});
const brokenProcedure = t.procedure.use((): never => {
  throw new Error("the middleware broke");
});

/** A router with one procedure of each kind that can be called well or badly. */
const notesRouter = t.router({
  onNote: t.procedure
    .input(z.object({ topic: z.string() }))
    .subscription(subscriptions.resolver<string>()),
  onAny: t.procedure.subscription(subscriptions.resolver<string>()),
  onMember: members.subscription(subscriptions.resolver<string>()),
  onBroken: brokenProcedure.subscription(subscriptions.resolver<string>()),
  echo: t.procedure.input(z.string()).query(({ input }) => `echo ${input}`),
  save: t.procedure
    .input(z.object({ note: z.string() }))
    .mutation(({ input, ctx }) => `${ctx.userId} saved ${input.note}`),
  refuse: t.procedure.query((): never => {
    throw new TRPCError({ code: "CONFLICT", message: "taken" });
  }),
});

/** Type of {@link notesRouter}, for clients. */
export type NotesRouter = typeof notesRouter;

/** The chain of {@link notesRouter}: two filters on `onNote`, none elsewhere. */
export function notes(store: Store) {
  return subscriptions
    .router({ router: notesRouter })
    .store({ store })
    .routes.onNote.filter(
      { name: "topic", input: { topic: true } },
      { name: "userAndTopic", ctx: { userId: true }, input: { topic: true } },
    );
}

/** A world of {@link notes}. */
export type NotesWorld = World<ReturnType<ReturnType<typeof notes>["publisher"]>>;
