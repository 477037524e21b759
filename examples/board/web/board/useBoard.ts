import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useState } from "react";
import { applyChange, type Change } from "../../src/board.ts";
import { useTRPC } from "../app/trpc.ts";

/** Who changed a card last, while this tab watched. */
export type ChangedBy = Readonly<Record<string, { byId: string; revision: number }>>;

/** Takes a change into the board on the screen. */
export function useTakeChange(): (change: Change) => void {
  const trpc = useTRPC();
  const queries = useQueryClient();
  return (change) => {
    const queryKey = trpc.board.get.queryKey({ boardId: change.boardId });
    // An answer that is on its way may be older than the change, and would replace it.
    const isUnderWay = queries.isFetching({ queryKey }) > 0;
    queries.setQueryData(queryKey, (board) => board && applyChange(board, change));
    if (isUnderWay) void queries.invalidateQueries({ queryKey });
  };
}

/** A board, live. */
export function useBoard(boardId: string) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const takeChange = useTakeChange();
  const [changedBy, setChangedBy] = useState<ChangedBy>({});
  const query = useQuery(trpc.board.get.queryOptions({ boardId }));
  const recount = () => queries.invalidateQueries(trpc.board.viewers.queryFilter({ boardId }));

  useSubscription(
    trpc.onBoard.subscriptionOptions(
      { boardId },
      {
        // At the start and after every reconnect: what was published before is in the answer, what is published from
        // here on comes as an event.
        onStarted: () =>
          Promise.all([
            queries.invalidateQueries(trpc.board.get.queryFilter({ boardId })),
            recount(),
          ]),
        onData(event) {
          if (event.type === "viewers") {
            void recount();
            return;
          }
          takeChange(event.change);
          const { revision, cards } = event.change;
          const changed = cards.map(({ id }) => [id, { byId: event.byId, revision }]);
          setChangedBy((before) => ({ ...before, ...Object.fromEntries(changed) }));
        },
      },
    ),
  );
  return { query, changedBy };
}
