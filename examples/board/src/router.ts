import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";
import { lanes } from "./board.ts";
import type { Boards } from "./boards.ts";
import type { BoardEvent, Notification, Notifier } from "./notifier.ts";
import { userName, users } from "./users.ts";

/** Who asks: what `authorize` of `$connect` found, or the header of an HTTP request. */
export interface Session {
  readonly userId: string;
}

/** What the procedures work with. */
export interface RouterParts {
  readonly boards: Boards;
  readonly notifier: Notifier;
}

export const subscriptions = initSubscriptions<Session>();
const t = initTRPC.context<Session>().create();

const boardInput = z.object({ boardId: z.string() });
const cardInput = boardInput.extend({ cardId: z.string() });
const lane = z.enum(lanes);
const userId = z.enum(users.map(({ id }) => id));

/** The one router: queries and mutations come over HTTP, subscriptions over the WebSocket API. */
export type AppRouter = ReturnType<typeof createAppRouter>;

export function createAppRouter({ boards, notifier }: RouterParts) {
  return t.router({
    whoAmI: t.procedure.query(({ ctx }) => ({ id: ctx.userId, name: userName(ctx.userId) })),

    board: {
      list: t.procedure.query(() => boards.list()),
      get: t.procedure.input(boardInput).query(({ input }) => boards.get(input.boardId)),
      viewers: t.procedure
        .input(boardInput)
        .query(({ input }) => notifier.countViewers(boards.get(input.boardId).id)),
    },

    card: {
      add: t.procedure
        .input(boardInput.extend({ lane, title: z.string().trim().min(1).max(120) }))
        .mutation(async ({ input, ctx }) => {
          const change = boards.add({ ...input, userId: ctx.userId });
          await notifier.tellBoard(input.boardId, { type: "changed", change, byId: ctx.userId });
          return change;
        }),

      move: t.procedure
        .input(
          cardInput.extend({
            to: z.object({ lane, beforeId: z.string().nullable() }),
            seenRevision: z.int().min(0),
          }),
        )
        .mutation(async ({ input, ctx }) => {
          const change = boards.move({ ...input, userId: ctx.userId });
          await notifier.tellBoard(input.boardId, { type: "changed", change, byId: ctx.userId });
          return change;
        }),

      assign: t.procedure
        .input(cardInput.extend({ ownerId: userId.nullable() }))
        .mutation(async ({ input, ctx }) => {
          const change = boards.assign({ ...input, userId: ctx.userId });
          const [card] = change.cards;
          await notifier.tellBoard(input.boardId, { type: "changed", change, byId: ctx.userId });
          if (card !== undefined && input.ownerId !== null && input.ownerId !== ctx.userId) {
            await notifier.tellUser(input.ownerId, {
              id: `${card.id}@${change.revision}`,
              text: `${userName(ctx.userId)} gave you “${card.title}”`,
              boardId: input.boardId,
              cardId: card.id,
            });
          }
          return change;
        }),
    },

    /** What happens on one board. */
    onBoard: t.procedure.input(boardInput).subscription(
      subscriptions.resolver<BoardEvent, { input: { boardId: string } }>({
        onStart: ({ input }) => notifier.tellBoard(input.boardId, { type: "viewers" }),
        onStop: ({ input }) => notifier.tellBoard(input.boardId, { type: "viewers" }),
      }),
    ),

    /** What is for this user alone. */
    onNotification: t.procedure.subscription(subscriptions.resolver<Notification>()),
  });
}
