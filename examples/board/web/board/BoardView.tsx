import { DragDropContext, type DropResult } from "@hello-pangea/dnd";
import { useRef, useState } from "react";
import { type Board, cardsOf, type Lane, lanes } from "../../src/board.ts";
import { Notice } from "../app/Notice.tsx";
import type { Connection } from "../app/useConnection.ts";
import { LaneColumn } from "./LaneColumn.tsx";
import { SkeletonLanes } from "./SkeletonLanes.tsx";
import { useBoard } from "./useBoard.ts";
import { useGlide } from "./useGlide.ts";
import { useMoves } from "./useMoves.ts";

interface BoardViewProps {
  readonly boardId: string;
  readonly connection: Connection;
}

export function BoardView({ boardId, connection }: BoardViewProps) {
  const { query, changedBy } = useBoard(boardId);
  const { shown, move } = useMoves(query.data);
  // While a card is held the others keep their places, whatever arrives meanwhile.
  const [held, setHeld] = useState<Board>();
  const board = held ?? shown;
  const container = useRef<HTMLElement>(null);
  useGlide(container, held === undefined);

  function drop({ draggableId, destination, source }: DropResult): void {
    setHeld(undefined);
    if (board === undefined || destination === null) return;
    const { droppableId, index } = destination;
    if (droppableId === source.droppableId && index === source.index) return;
    const lane = droppableId as Lane;
    const others = cardsOf(board, lane).filter(({ id }) => id !== draggableId);
    const card = board.cards.find(({ id }) => id === draggableId);
    move({
      boardId,
      cardId: draggableId,
      to: { lane, beforeId: others[index]?.id ?? null },
      seenRevision: card?.revision ?? 0,
    });
  }

  return (
    <main className="board" ref={container} aria-busy={query.isPending}>
      {connection === "reconnecting" && (
        <p className="banner">
          Reconnecting… What others do shows up once you are back. Your own changes are still saved.
        </p>
      )}
      {query.isError && (
        <Notice
          title="The board could not be loaded"
          action={{ text: "Try again", run: query.refetch }}
        >
          {query.error.message}
        </Notice>
      )}
      {query.isPending && <SkeletonLanes />}
      {board !== undefined && (
        <DragDropContext onBeforeCapture={() => setHeld(shown)} onDragEnd={drop}>
          <div className="lanes">
            {lanes.map((lane) => (
              <LaneColumn
                key={lane}
                boardId={boardId}
                lane={lane}
                cards={cardsOf(board, lane)}
                changedBy={changedBy}
              />
            ))}
          </div>
        </DragDropContext>
      )}
    </main>
  );
}
