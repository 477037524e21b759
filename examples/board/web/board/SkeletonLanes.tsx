import { lanes } from "../../src/board.ts";

const CARDS = [3, 2, 2, 1];

/** Where lanes and cards will be. */
export function SkeletonLanes() {
  return (
    <div className="lanes" role="status" aria-label="Loading the board">
      {lanes.map((lane, index) => (
        <div key={lane} className="lane">
          {Array.from({ length: CARDS[index] ?? 1 }, (_, card) => (
            <div key={`${lane}-${card + 1}`} className="card skeleton" />
          ))}
        </div>
      ))}
    </div>
  );
}
