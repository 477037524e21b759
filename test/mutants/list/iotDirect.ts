import type { Mutant } from "../mutant.ts";

const DIRECT = "src/adapters/iot-core/direct";
const AUTHORIZER = `${DIRECT}/authorizer.ts`;
const SOCKET = "src/client/iot-core/directSocket.ts";
const HOSTILE = "test/direct/hostile.test.ts";
const SOCKET_TEST = "test/unit/client/iot-core/directSocket.test.ts";
const UNIT = "test/unit/adapters/iot-core/direct.test.ts";

/** Who may do what where IoT Core delivers to each client by itself. */
export const iotDirectMutants: readonly Mutant[] = [
  {
    name: "direct-any-client-id",
    breaks: "A client takes another's id, throws that one out and hears what is for it.",
    edits: [
      {
        file: AUTHORIZER,
        find: "const clientId = secret && clientIdOf(levels, sha256(secret));",
        replace: "const clientId = event.protocolData.mqtt?.clientId;",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "direct-short-secret",
    breaks: "A secret that can be guessed is taken.",
    edits: [
      {
        file: AUTHORIZER,
        find: "return SECRET.test(text) ? text : undefined;",
        replace: "return text;",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "direct-publish-as-another",
    breaks: "A client sends frames in the name of another one.",
    edits: [
      {
        file: AUTHORIZER,
        find: "requestTopic(levels, clientId)",
        replace: 'requestTopic(levels, "*")',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "direct-subscribe",
    breaks: "A client subscribes to topics, and hears the frames of all others.",
    edits: [
      {
        file: AUTHORIZER,
        find: 'Action: "iot:Receive", Resource: arnOf("topic", messageTopic(levels))',
        replace: 'Action: ["iot:Receive", "iot:Subscribe"], Resource: "*"',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "direct-refused-may-connect",
    breaks: "Whom authorize refuses is let in.",
    edits: [
      { file: AUTHORIZER, find: "if (statusCode !== 200)", replace: "if (statusCode === 0)" },
    ],
    tests: [HOSTILE],
  },
  {
    name: "direct-frames-of-nobody",
    breaks: "A frame of somebody who is no client of the prefix is handled.",
    edits: [
      {
        file: `${DIRECT}/events.ts`,
        find: "if (!isOurs(settings, clientId)) {\n    throw",
        replace: 'if (typeof clientId !== "string") {\n    throw',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "direct-any-row",
    breaks: "A row that somebody else wrote makes a publisher call for a foreign client.",
    edits: [
      {
        file: `${DIRECT}/transport.ts`,
        find: "if (isOurs(settings, clientId)) return;",
        replace: "if (clientId !== undefined) return;",
      },
    ],
    tests: [HOSTILE, UNIT],
  },
  {
    name: "direct-gone-is-unknown",
    breaks: "Rows of clients that have left stay, and each publish fails for them.",
    edits: [
      {
        file: "src/adapters/iot-core/dataPlane.ts",
        find: "throw status === NOT_CONNECTED",
        replace: "throw status === 410",
      },
    ],
    tests: [UNIT, "test/direct/delivery.test.ts"],
  },
  {
    name: "direct-frames-at-once",
    breaks: "A stop overtakes the subscription that it is for.",
    edits: [
      {
        file: SOCKET,
        find: "await this.#connection?.publish(",
        replace: "void this.#connection?.publish(",
      },
    ],
    tests: [SOCKET_TEST],
  },
  {
    name: "direct-throttled-hangs",
    breaks: "A frame that IoT Core throttled is waited for, and its subscription hangs.",
    edits: [
      {
        file: SOCKET,
        find: "this.#timer = setTimeout(() => this.#giveUp",
        replace: "void ((_: () => void, _ms: number) => undefined)(() => this.#giveUp",
      },
    ],
    tests: [SOCKET_TEST],
  },
];
