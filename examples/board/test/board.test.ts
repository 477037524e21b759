import fc from "fast-check";
import { expect, it } from "vitest";
import { applyChange, type Board, type Change, cardsOf, lanes } from "../src/board.ts";
import { Boards } from "../src/boards.ts";

const move = {
  cardId: fc.constantFrom("LAU-1", "LAU-2", "LAU-4", "LAU-8"),
  to: fc.record({
    lane: fc.constantFrom(...lanes),
    beforeId: fc.constantFrom(null, "LAU-1", "LAU-3", "LAU-9"),
  }),
};

/** What everybody has to agree on. */
const orderOf = (board: Board): readonly (readonly string[])[] =>
  lanes.map((lane) => cardsOf(board, lane).map(({ id }) => id));

/** Moves, and their changes in an order in which they arrive, each twice. */
const movesAndArrivals = fc.array(fc.record(move), { maxLength: 20 }).chain((moves) => {
  const twice = [...moves.keys(), ...moves.keys()];
  const arrivals = fc.shuffledSubarray(twice, { minLength: twice.length });
  return fc.tuple(fc.constant(moves), arrivals);
});

it("changes that arrive twice and in any order lead to the server's board", () => {
  fc.assert(
    fc.property(movesAndArrivals, ([moves, arrivals]) => {
      const boards = new Boards();
      const before = boards.get("launch");
      const changes = moves.map(
        (one): Change => boards.move({ ...one, boardId: "launch", seenRevision: 0, userId: "ada" }),
      );
      const seen = arrivals
        .flatMap((index) => changes[index] ?? [])
        .reduce<Board>(applyChange, before);
      expect(orderOf(seen)).toEqual(orderOf(boards.get("launch")));
    }),
  );
});

it("a card stands where it was put, however often cards were put between the same two", () => {
  const boards = new Boards();
  const ids = ["LAU-3", "LAU-1"];
  for (let turn = 0; turn < 200; turn++) {
    const cardId = ids[turn % 2] ?? "";
    const to = { lane: "backlog", beforeId: "LAU-2" } as const;
    boards.move({ boardId: "launch", cardId, to, seenRevision: 0, userId: "ada" });
    const order = cardsOf(boards.get("launch"), "backlog").map(({ id }) => id);
    expect(order).toEqual(
      cardId === "LAU-1" ? ["LAU-3", "LAU-1", "LAU-2"] : ["LAU-1", "LAU-3", "LAU-2"],
    );
  }
});

it("a card to be put before one that has left the lane is put at its end", () => {
  const boards = new Boards();
  const to = { lane: "doing", beforeId: "LAU-1" } as const;
  boards.move({ boardId: "launch", cardId: "LAU-9", to, seenRevision: 0, userId: "ada" });
  expect(cardsOf(boards.get("launch"), "doing").map(({ id }) => id)).toEqual([
    "LAU-4",
    "LAU-5",
    "LAU-9",
  ]);
});

it("a move of a card that somebody else has changed since is refused and changes nothing", () => {
  const boards = new Boards();
  const base = { boardId: "launch", cardId: "LAU-1", seenRevision: 0 };
  const { revision } = boards.move({
    ...base,
    to: { lane: "doing", beforeId: null },
    userId: "ada",
  });
  const toDone = { ...base, to: { lane: "done", beforeId: null } } as const;
  const before = boards.get("launch");
  expect(() => boards.move({ ...toDone, userId: "grace" })).toThrow("Ada changed");
  expect(boards.get("launch")).toBe(before);
  // Her own earlier move is none of somebody else.
  boards.move({ ...toDone, userId: "ada" });
  expect(() => boards.move({ ...toDone, seenRevision: revision, userId: "grace" })).toThrow();
  boards.move({ ...toDone, seenRevision: revision + 1, userId: "grace" });
});

it("a board takes a hundred cards", () => {
  const boards = new Boards();
  const add = (): Change =>
    boards.add({ boardId: "research", title: "One more", lane: "backlog", userId: "ada" });
  const ids = Array.from({ length: 100 }, () => add().cards[0]?.id);
  expect(new Set(ids).size).toBe(100);
  expect(add).toThrow("at most 100 cards");
});
