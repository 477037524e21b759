import type { Mutant } from "../mutant.ts";

const AUTHORIZER = "src/adapters/appsync-events/authorizer.ts";
const ANSWER = "src/adapters/appsync-events/answer.ts";
const TRANSPORT = "src/adapters/appsync-events/transport.ts";
const CONNECTION = "src/client/appsync-events/connection.ts";
const HOSTILE = "test/appsync-events/hostile.test.ts";
const PUBLISHING = "test/unit/adapters/appsync-events/transport.test.ts";
const CONNECTING = "test/unit/client/appsync-events/connection.test.ts";

/** Who may hear what on AppSync Events, and what a publisher and a link know of it. */
export const appSyncEventsMutants: readonly Mutant[] = [
  {
    name: "appsync-any-channel",
    breaks: "Whoever has a grant hears every channel.",
    edits: [
      {
        file: AUTHORIZER,
        find: "if (topics.includes(canonicalChannel(channel))) return;",
        replace: "if (topics.length > 0) return;",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "appsync-wildcards",
    breaks: "A wildcard above a channel of one's own is allowed, and brings those of others.",
    edits: [
      {
        file: AUTHORIZER,
        find: "if (topics.includes(canonicalChannel(channel))) return;",
        replace:
          'if (topics.some((topic) => topic.startsWith(canonicalChannel(channel).replace("*", "")))) return;',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "appsync-grants-publish",
    breaks: "Whoever may hear a channel may publish to it.",
    edits: [
      {
        file: AUTHORIZER,
        find: 'operation !== "EVENT_SUBSCRIBE" || typeof channel',
        replace: "typeof channel",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "appsync-answer-kept",
    breaks: "AppSync keeps the answer of the authorizer beyond the end of the grant.",
    edits: [
      {
        file: AUTHORIZER,
        find: "return { isAuthorized: true, ttlOverride: 0 };",
        replace: "return { isAuthorized: true };",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "appsync-token-not-read",
    breaks: "Whoever has no good token may connect.",
    edits: [
      {
        file: AUTHORIZER,
        find: "const { topics } = verify(authorizationToken);",
        replace:
          'const { topics } = requestContext.operation === "EVENT_CONNECT" ? { topics: [] } : verify(authorizationToken);',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "appsync-failed-is-sent",
    breaks: "An event that AppSync reports as failed, inside a 200, counts as sent.",
    edits: [
      {
        file: ANSWER,
        find: "if (failure === undefined && sent.has(index))",
        replace: "if (index >= 0)",
      },
    ],
    tests: [PUBLISHING],
  },
  {
    name: "appsync-resends-all",
    breaks: "When one event of a request fails, those that were broadcast are sent again.",
    edits: [
      {
        file: TRANSPORT,
        find: "pending = verdicts.filter(([, verdict]) => mayPass(verdict)).map(([event]) => event);",
        replace: "pending = verdicts.some(([, verdict]) => mayPass(verdict)) ? pending : [];",
      },
    ],
    tests: [PUBLISHING],
  },
  {
    name: "appsync-deaf-link",
    breaks: "A link does not notice that its connection is dead.",
    edits: [
      { file: CONNECTION, find: "this.#watchdog.heard();\n", replace: "this.#watchdog.stop();\n" },
    ],
    tests: [CONNECTING],
  },
  {
    name: "appsync-old-subscription-heard",
    breaks: "What comes for a subscription that was ended is heard as that of its topic.",
    edits: [{ file: CONNECTION, find: "this.#topics.delete(id);\n", replace: "" }],
    tests: [CONNECTING],
  },
];
