import { Droppable } from "@hello-pangea/dnd";
import type { Card, Lane } from "../../src/board.ts";
import { AddCard } from "./AddCard.tsx";
import { CardItem } from "./CardItem.tsx";
import type { ChangedBy } from "./useBoard.ts";

const laneNames: Readonly<Record<Lane, string>> = {
  backlog: "Backlog",
  doing: "Doing",
  review: "Review",
  done: "Done",
};

interface LaneColumnProps {
  readonly boardId: string;
  readonly lane: Lane;
  readonly cards: readonly Card[];
  readonly changedBy: ChangedBy;
}

export function LaneColumn({ boardId, lane, cards, changedBy }: LaneColumnProps) {
  const name = laneNames[lane];
  return (
    <section className="lane" data-lane={lane} aria-label={name}>
      <h2 className="lane-name">
        <span className="lane-dot" aria-hidden="true" />
        {name}
        <span className="lane-count">{cards.length}</span>
      </h2>
      <Droppable droppableId={lane}>
        {(provided, { isDraggingOver }) => (
          <div
            ref={provided.innerRef}
            {...provided.droppableProps}
            className="lane-cards"
            data-over={isDraggingOver}
          >
            {cards.map((card, index) => (
              <CardItem
                key={card.id}
                boardId={boardId}
                card={card}
                index={index}
                changed={changedBy[card.id]}
              />
            ))}
            {provided.placeholder}
            {cards.length === 0 && !isDraggingOver && <p className="lane-empty">Nothing here</p>}
          </div>
        )}
      </Droppable>
      <AddCard boardId={boardId} lane={lane} laneName={name} />
    </section>
  );
}
