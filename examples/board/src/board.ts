/** The columns of every board, left to right. */
export const lanes = ["backlog", "doing", "review", "done"] as const;

export type Lane = (typeof lanes)[number];

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly lane: Lane;
  /** Place in the lane, ascending; a card put between two others gets a number between theirs. */
  readonly rank: number;
  readonly ownerId: string | null;
  /** The board's revision that set this card last; of two copies of a card the higher one is the newer. */
  readonly revision: number;
}

export interface Board {
  readonly id: string;
  readonly name: string;
  /** Counts the changes. */
  readonly revision: number;
  /** Not `readonly`: neither is what a tRPC client makes of it. */
  readonly cards: Card[];
}

/** What one change did to a board. */
export interface Change {
  readonly boardId: string;
  readonly revision: number;
  /** The cards that are new or other than before. */
  readonly cards: readonly Card[];
}

export function cardsOf(board: Board, lane: Lane): readonly Card[] {
  return board.cards.filter((card) => card.lane === lane).toSorted((a, b) => a.rank - b.rank);
}

/**
 * The board after a change. Changes may arrive twice and in any order: of each card the newest copy stays.
 */
export function applyChange(board: Board, change: Change): Board {
  const cards = new Map(board.cards.map((card) => [card.id, card]));
  for (const card of change.cards) {
    const known = cards.get(card.id);
    if (known === undefined || known.revision < card.revision) cards.set(card.id, card);
  }
  const revision = Math.max(board.revision, change.revision);
  return { ...board, revision, cards: [...cards.values()] };
}

/** Where a card is put: into a lane before another card, or at its end. */
export interface Place {
  readonly lane: Lane;
  readonly beforeId: string | null;
}

/** A rank between the cards around a place; `undefined` when there is no number left between them. */
export function rankAt(
  board: Board,
  cardId: string,
  { lane, beforeId }: Place,
): number | undefined {
  const others = cardsOf(board, lane).filter(({ id }) => id !== cardId);
  const found = others.findIndex(({ id }) => id === beforeId);
  // The card to be put before may have left the lane meanwhile: then it is the end.
  const index = found === -1 ? others.length : found;
  const before = others[index - 1]?.rank;
  const after = others[index]?.rank;
  if (before === undefined) return after === undefined ? 0 : after - 1;
  if (after === undefined) return before + 1;
  const middle = (before + after) / 2;
  return before < middle && middle < after ? middle : undefined;
}
