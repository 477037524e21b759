import type { Mutant } from "../mutant.ts";

const REPLAY = "src/adapters/api-gateway/replay.ts";

/** What is kept for clients that were away, and how they are sent it. */
export const historyMutants: readonly Mutant[] = [
  {
    name: "skip-instead-of-fence",
    breaks: "Later events go to a subscriber that missed one, whose cursor passes it for ever.",
    edits: [
      {
        file: "src/publisher/poster.ts",
        find: "this.#fences?.add(connectionId);",
        replace: "",
      },
    ],
    tests: ["test/e2e/history/fences.test.ts"],
  },
  {
    name: "no-overlap-window",
    breaks: "A resume reads from its cursor alone, and misses events that were in flight.",
    edits: [
      {
        file: REPLAY,
        find: "const fromMs = (eventTimeMs(cursor) ?? 0) - history.overlapMs;",
        replace: "const fromMs = eventTimeMs(cursor) ?? 0;",
      },
    ],
    tests: ["test/reliability/schedules/resume.test.ts"],
  },
  {
    name: "read-then-arm",
    breaks: "Events between the replay and the first live one reach nobody.",
    edits: [
      {
        file: REPLAY,
        find: "if (!(await this.#send(await this.#readRest(this.#from)))) return false;",
        replace: "",
      },
    ],
    tests: ["test/e2e/history/resume.test.ts"],
  },
  {
    name: "partial-replay-on-cap",
    breaks: "A replay that is too long is cut short, and nobody is told of the gap.",
    edits: [
      {
        file: "src/publisher/missedEvents.ts",
        find: "if (isTooMuch) return undefined;",
        replace: "",
      },
    ],
    tests: ["test/e2e/history/gaps.test.ts"],
  },
  {
    name: "passed-part-not-looked-at",
    breaks: "Who came back where a late event of the outbox had passed already never gets it.",
    edits: [
      {
        file: "src/publisher/outbox/eventFanOut.ts",
        find: "if (this.#at.lookAgain === true) await this.#lookAgain();",
        replace: "",
      },
    ],
    tests: ["test/e2e/outbox/late.test.ts"],
  },
];
