import type { Mutant } from "../mutant.ts";

const GRANTER = "src/client/broadcast/granter.ts";
const HUB = "src/client/broadcast/hub.ts";
const LINE = "src/client/broadcast/line.ts";
const TOPICS = "src/client/broadcast/lineTopics.ts";
const SUBSCRIBER = "src/client/broadcast/subscriber.ts";
const NEXT_USER = "test/broadcast/grantsOver/nextUser.test.ts";
const SHARED = "test/broadcast/grantsOver/shared.test.ts";

/** What a connection has for one subscription or user, and not for the next one. */
export const nextUserMutants: readonly Mutant[] = [
  {
    name: "next-user-hears-the-last-one",
    breaks:
      "Who signs in on the same page hears what is for the one before, until the old connection ends.",
    edits: [{ file: HUB, find: "    this.#lines.restrict(subscriber, topics);\n", replace: "" }],
    tests: ["test/broadcast/swaps.test.ts"],
  },
  {
    name: "answer-from-before-the-renewal",
    breaks: "What was asked before somebody else signed in is granted to that one.",
    edits: [{ file: GRANTER, find: "      each.asking = undefined;\n", replace: "" }],
    tests: [NEXT_USER],
  },
  {
    name: "refused-topics-stay",
    breaks:
      "Who signs in after a connection has refused topics of the one before hears them on the older one.",
    edits: [
      {
        file: GRANTER,
        find: "const before = subscriber.topics;",
        replace: "const before = subscriber.held?.grant.topics;",
      },
    ],
    tests: [NEXT_USER],
  },
  {
    name: "some-topics-are-all",
    breaks: "What comes for the next user before the next connection is lost without a word.",
    edits: [
      {
        file: LINE,
        find: "return this.brings(subscriber) && this.#topics.hasAll(subscriber);",
        replace: "return this.brings(subscriber);",
      },
    ],
    tests: [NEXT_USER, "test/broadcast/history/otherContext.test.ts"],
  },
  {
    name: "refusal-of-the-last-user",
    breaks: "A topic that is refused to the one before ends the subscription of the next one.",
    edits: [
      {
        file: HUB,
        find: "held === undefined || subscriber.held !== held",
        replace: "held === undefined",
      },
      {
        file: SUBSCRIBER,
        find: "    if (this.#held === undefined || !refused.includes(this.#held)) return false;\n",
        replace: "",
      },
    ],
    tests: [NEXT_USER],
  },
  {
    name: "one-refusal-for-all",
    breaks: "Who shares a topic is refused it for another topic of whoever was first.",
    edits: [
      {
        file: TOPICS,
        find: "if (!(thrown instanceof BrokerRefusedError)) throw thrown;",
        replace: "if (thrown instanceof Error) throw thrown;",
      },
    ],
    tests: [SHARED],
  },
  {
    name: "started-on-a-line-that-ends",
    breaks:
      "Who hears on nothing but a connection that is about to be closed is told that all is well.",
    edits: [
      { file: HUB, find: "      if (!this.#lines.hears(subscriber)) return;\n", replace: "" },
    ],
    tests: ["test/broadcast/grantsOver/renewal.test.ts"],
  },
  {
    name: "stillborn-is-the-newest",
    breaks: "A connection that ended in the breath in which it was accepted is waited on for ever.",
    edits: [
      {
        file: LINE,
        find: "    if (line.#stillborn !== undefined) throw line.#stillborn;\n",
        replace: "",
      },
    ],
    tests: [SHARED],
  },
];
