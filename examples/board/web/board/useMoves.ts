import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import type { inferRouterInputs } from "@trpc/server";
import { type Board, rankAt } from "../../src/board.ts";
import type { AppRouter } from "../../src/router.ts";
import { useTRPC } from "../app/trpc.ts";
import { useToasts } from "../toasts/ToastProvider.tsx";
import { useTakeChange } from "./useBoard.ts";

type Move = inferRouterInputs<AppRouter>["card"]["move"];

/** The board as it is on the server, with the moves on top that the server has not answered yet. */
export function useMoves(board: Board | undefined) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const takeChange = useTakeChange();
  const { show } = useToasts();
  const { mutate } = useMutation(
    trpc.card.move.mutationOptions({
      // One after the other: a second move of a card must not overtake the first.
      scope: { id: "moves" },
      onSuccess: takeChange,
      onError: ({ message }, { boardId, cardId }) => {
        show({ id: `move-${cardId}`, kind: "problem", title: "Put back", text: message });
        return queries.invalidateQueries(trpc.board.get.queryFilter({ boardId }));
      },
    }),
  );
  const pending = useMutationState({
    filters: { mutationKey: trpc.card.move.mutationKey(), status: "pending" },
    select: ({ state }) => state.variables as Move,
  });
  const shown =
    board && pending.filter(({ boardId }) => boardId === board.id).reduce(withMove, board);
  return { shown, move: mutate };
}

function withMove(board: Board, { cardId, to }: Move): Board {
  const cards = board.cards.map((card) =>
    card.id === cardId
      ? { ...card, lane: to.lane, rank: rankAt(board, cardId, to) ?? card.rank }
      : card,
  );
  return { ...board, cards };
}
