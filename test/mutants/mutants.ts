import { clientMutants } from "./list/client.ts";
import { handlerMutants } from "./list/handlers.ts";
import { keyMutants } from "./list/keys.ts";
import { lifecycleMutants } from "./list/lifecycle.ts";
import { publisherMutants } from "./list/publisher.ts";
import { tableMutants } from "./list/table.ts";
import type { FutureMutant, Mutant } from "./mutant.ts";

/** Every mutant that is applied; each turns a test red. */
export const mutants: readonly Mutant[] = [
  ...lifecycleMutants,
  ...tableMutants,
  ...keyMutants,
  ...publisherMutants,
  ...handlerMutants,
  ...clientMutants,
];

/** Mutants of the history of events, which is not built yet. */
export const waitingForHistory: readonly FutureMutant[] = [
  {
    name: "skip-instead-of-fence",
    breaks: "Later events go to a subscriber that missed one, whose cursor passes it for ever.",
  },
  {
    name: "no-overlap-window",
    breaks: "A resume reads from its cursor alone, and misses events that were in flight.",
  },
  {
    name: "read-then-arm",
    breaks: "Events between the replay and the first live one reach nobody.",
  },
  {
    name: "partial-replay-on-cap",
    breaks: "A replay that is too long is cut short, and nobody is told of the gap.",
  },
];
