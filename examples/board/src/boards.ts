import { TRPCError } from "@trpc/server";
import { type Board, type Card, type Change, cardsOf, type Place, rankAt } from "./board.ts";
import { seedBoards } from "./seed.ts";
import { userName } from "./users.ts";

/** Keeps a page readable, and an event far below API Gateway's 128 KB. */
const MAX_CARDS = 100;

/** A move as a user asked for it. */
export interface Move {
  readonly boardId: string;
  readonly cardId: string;
  readonly to: Place;
  /** The card's revision on the user's screen. */
  readonly seenRevision: number;
  readonly userId: string;
}

/**
 * The boards, in memory. Every method does its work in one turn of the event loop, so that no two changes mix; a table
 * would take a condition on `revision` for the same.
 */
export class Boards {
  readonly #boards = new Map(seedBoards().map((board) => [board.id, board]));
  /** Who set a card last, by its id. */
  readonly #setBy = new Map<string, string>();

  list(): readonly Pick<Board, "id" | "name">[] {
    return [...this.#boards.values()].map(({ id, name }) => ({ id, name }));
  }

  /** @throws {@link TRPCError} `NOT_FOUND` */
  get(boardId: string): Board {
    const board = this.#boards.get(boardId);
    if (board === undefined) {
      throw new TRPCError({ code: "NOT_FOUND", message: `There is no board "${boardId}".` });
    }
    return board;
  }

  /** @throws {@link TRPCError} `CONFLICT` when somebody else changed the card since this user saw it */
  move({ boardId, cardId, to, seenRevision, userId }: Move): Change {
    const board = this.get(boardId);
    const card = this.#card(board, cardId);
    const setBy = this.#setBy.get(cardId);
    if (card.revision !== seenRevision && setBy !== userId) {
      const who = setBy === undefined ? "somebody" : userName(setBy);
      throw new TRPCError({ code: "CONFLICT", message: `${who} changed “${card.title}” first.` });
    }
    const rank = rankAt(board, cardId, to);
    if (rank !== undefined) return this.#save(board, [{ ...card, lane: to.lane, rank }], userId);
    return this.#save(board, renumbered(board, card, to), userId);
  }

  /** @throws {@link TRPCError} `NOT_FOUND` */
  assign(options: {
    readonly boardId: string;
    readonly cardId: string;
    readonly ownerId: string | null;
    readonly userId: string;
  }): Change {
    const board = this.get(options.boardId);
    const card = { ...this.#card(board, options.cardId), ownerId: options.ownerId };
    return this.#save(board, [card], options.userId);
  }

  /** @throws {@link TRPCError} `BAD_REQUEST` when the board is full */
  add(options: {
    readonly boardId: string;
    readonly title: string;
    readonly lane: Card["lane"];
    readonly userId: string;
  }): Change {
    const board = this.get(options.boardId);
    if (board.cards.length >= MAX_CARDS) {
      const message = `A board has at most ${MAX_CARDS} cards.`;
      throw new TRPCError({ code: "BAD_REQUEST", message });
    }
    const id = `${board.id.slice(0, 3).toUpperCase()}-${board.cards.length + 1}`;
    const rank = (cardsOf(board, options.lane).at(-1)?.rank ?? -1) + 1;
    const { title, lane } = options;
    const card = { id, title, lane, rank, ownerId: null, revision: 0 };
    return this.#save(board, [card], options.userId);
  }

  #card(board: Board, cardId: string): Card {
    const card = board.cards.find(({ id }) => id === cardId);
    if (card === undefined) {
      throw new TRPCError({ code: "NOT_FOUND", message: `There is no card "${cardId}".` });
    }
    return card;
  }

  #save(board: Board, changed: readonly Card[], userId: string): Change {
    const revision = board.revision + 1;
    const cards = changed.map((card) => ({ ...card, revision }));
    const kept = board.cards.filter(({ id }) => !cards.some((card) => card.id === id));
    this.#boards.set(board.id, { ...board, revision, cards: [...kept, ...cards] });
    for (const { id } of cards) this.#setBy.set(id, userId);
    return { boardId: board.id, revision, cards };
  }
}

/** The cards of a lane with whole numbers again, after so many moves that two neighbours have none between them. */
function renumbered(board: Board, card: Card, { lane, beforeId }: Place): readonly Card[] {
  const order = cardsOf(board, lane).filter(({ id }) => id !== card.id);
  const index = order.findIndex(({ id }) => id === beforeId);
  return order
    .toSpliced(index === -1 ? order.length : index, 0, { ...card, lane })
    .map((one, rank) => ({ ...one, rank }));
}
