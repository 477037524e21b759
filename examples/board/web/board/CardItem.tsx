import { Draggable } from "@hello-pangea/dnd";
import type { Card } from "../../src/board.ts";
import { userName } from "../../src/users.ts";
import { Owner } from "./Owner.tsx";

interface CardItemProps {
  readonly boardId: string;
  readonly card: Card;
  readonly index: number;
  /** The last change that came over the socket. */
  readonly changed: { readonly byId: string; readonly revision: number } | undefined;
}

export function CardItem({ boardId, card, index, changed }: CardItemProps) {
  return (
    <Draggable draggableId={card.id} index={index}>
      {(provided, { isDragging }) => (
        <article
          ref={provided.innerRef}
          {...provided.draggableProps}
          className="card"
          aria-label={card.title}
          data-card={card.id}
          data-dragging={isDragging}
        >
          {changed !== undefined && (
            // A new key starts the animation again.
            <span
              key={changed.revision}
              className="card-changed"
              data-user={changed.byId}
              aria-hidden="true"
            >
              <b>{userName(changed.byId)}</b>
            </span>
          )}
          <div {...provided.dragHandleProps} className="card-handle">
            <span className="card-title">{card.title}</span>
          </div>
          <footer className="card-foot">
            <span className="card-id">{card.id}</span>
            <Owner boardId={boardId} card={card} />
          </footer>
        </article>
      )}
    </Draggable>
  );
}
