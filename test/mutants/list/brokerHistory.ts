import type { Mutant } from "../mutant.ts";

const HUB = "src/client/broadcast/hub.ts";
const SUBSCRIBER = "src/client/broadcast/subscriber.ts";
const RACES = "test/broadcast/history/races.test.ts";
const RESUME = "test/broadcast/history/resume.test.ts";
const OTHER_CONTEXT = "test/broadcast/history/otherContext.test.ts";

/** What loses, repeats or gives away events of routes with history at brokers. */
export const brokerHistoryMutants: readonly Mutant[] = [
  {
    name: "broker-replay-before-topics",
    breaks: "What was missed is asked for before the broker has confirmed the topics.",
    edits: [
      {
        file: HUB,
        find: "      await line.attach(subscriber);\n      if (!this.#lines.hears(subscriber)) return;\n      if (subscriber.isBehind) this.#granter.resume(subscriber);",
        replace:
          "      if (subscriber.isBehind) this.#granter.resume(subscriber);\n      await line.attach(subscriber);\n      if (subscriber.isBehind) return;",
      },
    ],
    tests: [RACES],
  },
  {
    name: "broker-no-buffer",
    breaks: "After a cut live events do not wait for what was missed.",
    edits: [
      {
        file: SUBSCRIBER,
        find: "if (this.#isKept || this.isHolding) this.#early = [];",
        replace: "",
      },
    ],
    tests: [RACES],
  },
  {
    name: "broker-buffer-of-another-user",
    breaks: "What waited for one user is given to the next one who signs in on the page.",
    edits: [
      {
        file: SUBSCRIBER,
        find: "if (this.#isKept || this.isHolding) this.#early = [];",
        replace: "if (this.#isKept) this.#early ??= [];",
      },
    ],
    tests: [OTHER_CONTEXT],
  },
  {
    name: "broker-started-on-topics-of-another-user",
    breaks: "Who has signed in is told that it has started when its topics are not subscribed yet.",
    edits: [
      {
        file: "src/client/broadcast/lines.ts",
        find: "    if (subscriber.isHolding || !isHeard) subscriber.hold();\n",
        replace: "",
      },
    ],
    tests: [OTHER_CONTEXT],
  },
  {
    name: "broker-no-dedupe",
    breaks: "Events of the overlap are given to the application again.",
    edits: [
      {
        file: SUBSCRIBER,
        find: "    return isNew;\n",
        replace: "    return isNew || true;\n",
      },
    ],
    tests: [RACES],
  },
  {
    name: "broker-send-before-keep",
    breaks: "The broker has an event before it is kept: who resumes in between misses it.",
    edits: [
      {
        file: "src/broadcast/publishKept.ts",
        find: "    const kept = await keepEvent(",
        replace:
          "    await send(context, { path, messages: names.map((topic) => ({ topic, body: longest })) }, abort);\n    const kept = await keepEvent(",
      },
    ],
    tests: [RACES],
  },
  {
    name: "broker-stale-answer",
    breaks: "An answer that was read before another cut counts for what that one cost.",
    edits: [
      {
        file: "src/client/broadcast/granter.ts",
        find: "subscriber.isBehind && subscriber.holds === holds;",
        replace: "subscriber.isBehind && holds >= 0;",
      },
    ],
    tests: [RACES],
  },
  {
    name: "broker-no-overlap",
    breaks: "An earlier event that was published late, and during a cut, is never sent.",
    edits: [
      {
        file: "src/broadcast/missed.ts",
        find: "(eventTimeMs(cursor) ?? 0) - overlapMs;",
        replace: "(eventTimeMs(cursor) ?? 0);",
      },
    ],
    tests: [RACES],
  },
  {
    name: "broker-gap-is-nothing",
    breaks: "Who missed more than can be sent is told that it missed nothing.",
    edits: [
      {
        file: "src/client/broadcast/granter.ts",
        find: "if (history?.gap !== undefined) throw gapError(op.path, history.gap);",
        replace: "",
      },
    ],
    tests: [RESUME],
  },
  {
    name: "broker-others-events",
    breaks: "Who asks is told what was published to everybody who has a filter of the route.",
    edits: [
      {
        file: "src/broadcast/missed.ts",
        find: "subscriberStreams(app, { path, input, ctx });",
        replace: 'subscriberStreams(app, { path, input, ctx: { ...Object(ctx), userId: "bob" } });',
      },
    ],
    tests: [RESUME],
  },
];
