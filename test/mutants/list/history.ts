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
    name: "slow-hook-skips-an-event",
    breaks:
      "Later events go to a subscriber whose `onData` took too long, and its cursor passes the one it did not get.",
    edits: [
      {
        file: "src/publisher/poster.ts",
        find: "const isOutOfTime = this.#abort.aborted || error instanceof TransportError;",
        replace: "const isOutOfTime = this.#abort.aborted && error instanceof TransportError;",
      },
    ],
    tests: ["test/e2e/history/cutOff.test.ts"],
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
  {
    name: "last-page-posted-late",
    breaks:
      "Who came back while a page was posted to for longer than the overlap never gets the event.",
    edits: [
      {
        file: "src/publisher/outbox/eventFanOut.ts",
        find: "while (this.#hasPostedLate) {",
        replace: "while (this.#hasPostedLate && this.#at.done) {",
      },
    ],
    tests: ["test/e2e/outbox/late.test.ts"],
  },
  {
    name: "behind-the-last-row-not-looked-at",
    breaks: "Who came back behind the last row while that was posted to late never gets the event.",
    edits: [
      {
        file: "src/publisher/outbox/eventFanOut.ts",
        find: "await this.#lookAgain();\n      await this.#postRest();",
        replace: "await this.#lookAgain();",
      },
    ],
    tests: ["test/e2e/outbox/late.test.ts"],
  },
  {
    name: "checkpoint-gone-with-its-event",
    breaks:
      "A stream that lags behind the life of its events begins each of them anew, as often as it is tried.",
    edits: [
      {
        file: "src/publisher/outbox/checkpoint.ts",
        find: "Math.max(expireAt, Math.ceil(Date.now() / 1000) + STREAM_SECONDS)",
        replace: "Math.max(expireAt, 0 * STREAM_SECONDS)",
      },
    ],
    tests: ["test/e2e/outbox/late.test.ts"],
  },
  {
    name: "checkpoint-in-the-place-of-a-text",
    breaks:
      "A publisher's event for workers and the outbox's checkpoint of the same event overwrite each other: the stream stands still.",
    edits: [
      {
        file: "src/publisher/outbox/checkpoint.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        find: "`${eventId}.outbox`",
        replace: "eventId",
      },
    ],
    tests: ["test/e2e/outbox/sameKey.test.ts"],
  },
  {
    name: "slow-replay-read-once",
    breaks: "What is kept while a slow replay is sent is older than the second reading's window.",
    edits: [
      {
        file: REPLAY,
        find: "if (Date.now() - startedAtMs <= overlapMs * MAX_PASS_SHARE) return true;",
        replace: "return true;",
      },
    ],
    tests: ["test/e2e/history/slowReplay.test.ts"],
  },
  {
    name: "eventually-consistent-history",
    breaks: "A replay does not see what was kept a moment before it.",
    edits: [
      {
        file: "src/store/dynamodb/history.ts",
        find: 'ConsistentRead: true,\n      KeyConditionExpression: "pk = :pk AND sk >= :from"',
        replace: 'ConsistentRead: false,\n      KeyConditionExpression: "pk = :pk AND sk >= :from"',
      },
    ],
    tests: ["test/contract/dynamodbCalls.test.ts"],
  },
  {
    name: "cursor-not-checked",
    breaks: "A cursor that is no event's id, or one of the future, is resumed from.",
    edits: [
      {
        file: "src/publisher/missedEvents.ts",
        find: "timeMs === undefined ||\n    timeMs > Date.now() + MAX_SKEW_MS\n",
        replace: "false\n",
      },
    ],
    tests: ["test/e2e/history/gaps.test.ts"],
  },
  {
    name: "fence-leaves-the-socket",
    breaks:
      "A subscriber that missed an event loses its rows, but not its socket: it waits for ever.",
    edits: [
      {
        file: "src/publisher/fences.ts",
        find: "await this.#closeSocket(connectionId);",
        replace: "",
      },
    ],
    tests: ["test/e2e/history/fences.test.ts"],
  },
  {
    name: "late-repetition-not-kept-anew",
    breaks:
      "A publish that is repeated late by its key is never found by those who drop meanwhile.",
    edits: [
      {
        file: "src/publisher/keepEvent.ts",
        find: "if (finished || given.outbox === true)",
        replace: "if (cursor !== undefined)",
      },
    ],
    tests: ["test/e2e/history/lateRepeat.test.ts"],
  },
  {
    name: "late-worker-keeps-nothing-anew",
    breaks: "Who drops while a worker posts a late event, and has got later ones, never gets it.",
    edits: [
      {
        file: "src/publisher/lateEvents.ts",
        find: "if (nowMs - keptAtMs <= lateMs)",
        replace: "if (nowMs >= keptAtMs)",
      },
    ],
    tests: ["test/e2e/history/lateWorkers.test.ts"],
  },
];
