import { type Lane, lanes } from "../../src/board.ts";

const cards: Readonly<Record<Lane, readonly string[]>> = {
  backlog: ["a", "b", "c"],
  doing: ["a", "b"],
  review: ["a", "b"],
  done: ["a"],
};

/** Where lanes and cards will be. */
export function SkeletonLanes() {
  return (
    <output className="lanes" aria-label="Loading the board">
      {lanes.map((lane) => (
        <span key={lane} className="lane">
          {cards[lane].map((card) => (
            <span key={card} className="card skeleton" />
          ))}
        </span>
      ))}
    </output>
  );
}
