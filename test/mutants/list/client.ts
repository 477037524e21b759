import type { Mutant } from "../mutant.ts";

const REQUEST = "src/client/subscriptionRequest.ts";
const SUBSCRIPTIONS = "src/client/subscriptions.ts";

/** What the client file passes on, and from where it resumes. */
export const clientMutants: readonly Mutant[] = [
  {
    name: "client-passes-twice",
    breaks: "What the server sends again after a reconnect reaches the page again.",
    edits: [
      {
        file: REQUEST,
        find: "if (!this.#subscription.isNew(eventId)) return;",
        replace: "this.#subscription.isNew(eventId);",
      },
    ],
    tests: ["test/unit/client/exactlyOnce.test.ts"],
  },
  {
    name: "client-does-not-sort",
    breaks: "Live events that come during a replay reach the page before it.",
    edits: [{ file: REQUEST, find: "held.sort(", replace: "void (" }],
    tests: ["test/unit/client/exactlyOnce.test.ts"],
  },
  {
    name: "client-cursor-before-started",
    breaks: "A replay that is cut has moved the cursor past what did not come.",
    edits: [
      {
        file: REQUEST,
        find: "if (this.#isStarted) this.#advance(cursor);\n    else if",
        replace: "this.#advance(cursor);\n    if",
      },
    ],
    tests: ["test/unit/client/exactlyOnce.test.ts"],
  },
  {
    name: "client-notes-what-was-left",
    breaks: "After a hand-over an event that comes first on the old socket is dropped on both.",
    edits: [
      {
        file: REQUEST,
        find: "if (this.#isOver || this.#subscription.hasLeft(this) || !this.#socket.isOpen()) return;",
        replace: "if (this.#isOver || !this.#socket.isOpen()) return;",
      },
    ],
    tests: ["test/unit/client/handOver.test.ts", "test/unit/client/exactlyOnce.test.ts"],
  },
  {
    name: "client-believes-last-event-id",
    breaks: "A subscription that got no event before the cut misses what comes until it is back.",
    edits: [
      {
        file: SUBSCRIPTIONS,
        find: "return this.hasHistory ? this.cursor : lastEventId;",
        replace: "return lastEventId;",
      },
    ],
    tests: ["test/unit/client/resume.test.ts"],
  },
  {
    name: "client-takes-while-closing",
    breaks: "An event that arrives while the client closes its socket never reaches the page.",
    edits: [
      {
        file: "src/client/socket.ts",
        find: 'if (this.readyState === OPEN) this.#conversation.receive(event["data"]);',
        replace: 'this.#conversation.receive(event["data"]);',
      },
    ],
    tests: ["test/unit/client/resume.test.ts"],
  },
];
