import type { Mutant } from "../mutant.ts";

const TOPICS = "src/broadcast/topicLevels.ts";
const TOKEN = "src/broadcast/token.ts";
const GRANTS = "src/broadcast/grants.ts";
const LINES = "src/client/broadcast/lines.ts";
const HUB = "src/client/broadcast/hub.ts";
const LINE = "src/client/broadcast/line.ts";
const LINE_TOPICS = "src/client/broadcast/lineTopics.ts";
const SUBSCRIBER = "src/client/broadcast/subscriber.ts";
const GRANTER = "src/client/broadcast/granter.ts";
const OPENING = "test/broadcast/grantsOver/opening.test.ts";
const RENEWAL = "test/broadcast/grantsOver/renewal.test.ts";

/** Who is granted what, and what of it reaches the page, whatever the broker is. */
export const broadcastMutants: readonly Mutant[] = [
  {
    name: "tag-without-path",
    breaks: "Two routes with filters of one name share their topics.",
    edits: [{ file: TOPICS, find: "{encodeScalar(path)}", replace: '{""}' }],
    tests: ["test/unit/broadcast/topics.test.ts"],
  },
  {
    name: "tag-without-filter",
    breaks: "Every subscriber of a route is on one topic, whatever its filters.",
    edits: [{ file: TOPICS, find: '{filter ?? ""}', replace: '{""}' }],
    tests: ["test/broadcast/isolation.test.ts"],
  },
  {
    name: "token-not-compared",
    breaks: "Anybody writes tokens.",
    edits: [{ file: TOKEN, find: "if (!isOurs) throw", replace: "if (false) throw" }],
    tests: ["test/unit/broadcast/token.test.ts"],
  },
  {
    name: "token-never-over",
    breaks: "Who was locked out listens for ever.",
    edits: [{ file: TOKEN, find: "now() >= claims.expiresAtMs", replace: "false" }],
    tests: ["test/unit/broadcast/token.test.ts"],
  },
  {
    name: "one-key-for-all-stages",
    breaks: "A token of the test stage is good in production when they share a secret.",
    edits: [{ file: "src/broadcast/secret.ts", find: "{scope}`", replace: "{label}`" }],
    tests: ["test/unit/broadcast/token.test.ts"],
  },
  {
    name: "grant-runs-anything",
    breaks: "A client has generators started that nobody reads.",
    edits: [
      {
        file: GRANTS,
        find: "if (definition === undefined) throw notServed(app, path);",
        replace: "",
      },
      {
        file: GRANTS,
        find: "const problem = unservedProblem(engine, path, definition);",
        replace: "const problem = definition && unservedProblem(engine, path, definition);",
      },
    ],
    tests: ["test/broadcast/grants.test.ts"],
  },
  {
    name: "swap-closes-first",
    breaks: "What is on its way on the old connection is lost at each renewal.",
    edits: [{ file: LINES, find: "}, this.#overlapMs);", replace: "}, 0);" }],
    tests: ["test/broadcast/swaps.test.ts"],
  },
  {
    name: "swap-before-topics",
    breaks: "The old connection ends while the new one has no topics yet.",
    edits: [{ file: HUB, find: "    await Promise.all(attached);\n", replace: "" }],
    tests: ["test/broadcast/swaps.test.ts"],
  },
  {
    name: "swap-turns-order",
    breaks: "What comes first on either connection is passed on first.",
    edits: [{ file: LINES, find: "if (this.#hasToWait(one))", replace: "if (false)" }],
    tests: ["test/broadcast/swaps.test.ts"],
  },
  {
    name: "copies-are-passed-on",
    breaks: "An event that comes by two topics or two connections reaches the page twice.",
    edits: [{ file: SUBSCRIBER, find: " || !this.#seen.isNew(envelope.m)", replace: "" }],
    tests: ["test/broadcast/isolation.test.ts", "test/broadcast/swaps.test.ts"],
  },
  {
    name: "a-throw-ends-the-reader",
    breaks: "A callback that throws costs the other subscriptions the event.",
    edits: [
      {
        file: SUBSCRIBER,
        find: "this.#host.reportThrown(error);",
        replace: "throw error;",
      },
    ],
    tests: ["test/broadcast/failures.test.ts"],
  },
  {
    name: "refused-is-tried-again",
    breaks: "Who may not subscribe asks for ever, and is not told.",
    edits: [
      {
        file: HUB,
        find: 'if (answer === "refused" || (answer === "failed" && !subscriber.hasStarted)) {',
        replace: "if (false) {",
      },
    ],
    tests: ["test/broadcast/grants.test.ts"],
  },
  {
    name: "drop-keeps-old-grants",
    breaks: "Who was locked out is let in again after each drop until the grant is over.",
    edits: [
      {
        file: HUB,
        find: "    for (const subscriber of this.#subscribers) subscriber.needsGrant = true;\n    this.#retry",
        replace: "    this.#retry",
      },
    ],
    tests: ["test/broadcast/failures.test.ts"],
  },
  {
    name: "renewal-forgotten",
    breaks: "Who asks for other grants while a connection opens is never given them.",
    edits: [
      {
        file: HUB,
        find: '        tell({ type: "connected" });',
        replace: '        this.#needsLine = false;\n        tell({ type: "connected" });',
      },
    ],
    tests: ["test/broadcast/swaps.test.ts"],
  },
  {
    name: "lapsed-grant-forgotten",
    breaks: "Whose grant is over while a connection opens, or before, never asks for another one.",
    edits: [
      {
        file: GRANTER,
        find: "if (!each.needsGrant && !each.isGranted) this.ask(each);",
        replace: "void each;",
      },
    ],
    tests: [OPENING, RENEWAL],
  },
  {
    name: "over-is-refused",
    breaks: "A subscription ends for good because its grant was over when the broker looked at it.",
    edits: [
      {
        file: SUBSCRIBER,
        find: "if (refused.some(isLate)) return false;",
        replace: "void isLate;",
      },
    ],
    tests: [OPENING],
  },
  {
    name: "time-begins-with-the-answer",
    breaks:
      "A token that was over when its answer came is believed to be good, and its refusal is final.",
    edits: [
      {
        file: "src/client/broadcast/grants.ts",
        find: "const expiresAtMs = askedAtMs + grant.expiresInMs;",
        replace: "const expiresAtMs = Math.max(askedAtMs, Date.now()) + grant.expiresInMs;",
      },
    ],
    tests: [OPENING],
  },
  {
    name: "over-is-covered",
    breaks:
      "A topic whose token was over at the connect is asked for: AWS IoT Core ends the connection.",
    edits: [
      {
        file: LINE,
        find: "held.filter(({ expiresAtMs }) => expiresAtMs > now);",
        replace: "held;",
      },
    ],
    tests: [OPENING],
  },
  {
    name: "deaf-without-a-word",
    breaks: "Who is not heard on the next connection is told nothing.",
    edits: [
      {
        file: LINES,
        find: "for (const each of heard) if (!this.hears(each)) each.connecting(error);",
        replace: "void [heard, error];",
      },
    ],
    tests: [RENEWAL],
  },
  {
    name: "same-grants-again",
    breaks:
      "While the server does not answer, connections with the same client id throw out each other.",
    edits: [
      {
        file: HUB,
        find: "ready.every((each) => each.needsGrant && this.#lines.hears(each))",
        replace: "false",
      },
    ],
    tests: [RENEWAL],
  },
  {
    name: "out-of-turn",
    breaks:
      "A topic that the broker ends connections for takes down the other subscriptions again and again.",
    edits: [{ file: HUB, find: "    if (newest === this.#oneByOne) return;\n", replace: "" }],
    tests: ["test/broadcast/oneByOne.test.ts"],
  },
  {
    name: "late-connection-stays",
    breaks: "A connection that was accepted too late stays open, and nobody knows of it.",
    edits: [{ file: LINE, find: "if (signal.aborted) connection.close();", replace: "" }],
    tests: ["test/broadcast/failures.test.ts"],
  },
  {
    name: "topic-ends-for-all",
    breaks: "The first of two subscriptions to one topic that ends takes it from the other.",
    edits: [
      {
        file: LINE_TOPICS,
        find: "if (!users.delete(subscriber) || users.size > 0) continue;",
        replace: "if (!users.delete(subscriber)) continue;",
      },
    ],
    tests: ["test/broadcast/delivery.test.ts"],
  },
];
