import type { Mutant } from "../mutant.ts";

const AUTHORIZER = "src/adapters/iot-core/authorizer.ts";
const POLICIES = "src/adapters/iot-core/policies.ts";
const SUBSCRIBES = "src/client/iot-core/mqtt/exchanges.ts";
const READER = "src/client/iot-core/mqtt/packetReader.ts";
const CONNECT_MQTT = "src/client/iot-core/mqtt/connectMqtt.ts";
const CONNECT = "src/client/iot-core/connectIotCore.ts";
const RULES = "src/adapters/iot-core/rules.ts";
const HOSTILE = "test/broadcast/iot-core/hostile.test.ts";
const HOSTILE_BROKER = "test/unit/client/iot-core/hostileBroker.test.ts";

/** Who may hear what on IoT Core, and what our client of MQTT makes of a broker. */
export const iotCoreMutants: readonly Mutant[] = [
  {
    name: "iot-wildcards",
    breaks: "Whoever has a grant subscribes to a wildcard, and hears everybody.",
    edits: [{ file: POLICIES, find: '["*+*", "*#*", "$share/*"]', replace: '["$share/*"]' }],
    tests: [HOSTILE],
  },
  {
    name: "iot-any-topic",
    breaks: "In exact mode a client hears any topic below the prefix whose name leaked.",
    edits: [{ file: POLICIES, find: 'authorization === "exact"', replace: "prefix === undefined" }],
    tests: [HOSTILE],
  },
  {
    name: "iot-prefix-open",
    breaks: "A prefix also covers those that begin like it, as dev does develop.",
    edits: [
      {
        file: POLICIES,
        find: "/*`) },\n      {",
        replace: "*`) },\n      {",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "iot-publish",
    breaks: "Clients may publish, to others too.",
    edits: [
      {
        file: POLICIES,
        find: 'Action: "iot:Receive"',
        replace: 'Action: ["iot:Receive", "iot:Publish"]',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "iot-any-client-id",
    breaks: "A client with a token takes another's client id, and throws that one out.",
    edits: [
      {
        file: AUTHORIZER,
        find: "const clientId = settings.clientIdPrefix + own.clientId;",
        replace: 'const clientId = event.protocolData.mqtt?.clientId ?? "";',
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "iot-second-token-unread",
    breaks: "Rubbish beside a good token is not refused.",
    edits: [
      {
        file: AUTHORIZER,
        find: 'if (error instanceof GrantTokenError && error.problem === "expired") return [];',
        replace: "if (error instanceof GrantTokenError) return [];",
      },
    ],
    tests: [HOSTILE],
  },
  {
    name: "iot-documents-overflow",
    breaks: "Policies are larger than IoT Core takes, so that nobody with many topics is let in.",
    edits: [{ file: POLICIES, find: "if (size > room)", replace: "if (documents.length === 0)" }],
    tests: [HOSTILE],
  },
  {
    name: "iot-other-clients-gone",
    breaks: "What ends in another application is told as a connection of one's own.",
    edits: [{ file: RULES, find: "if (!isOurs) return;", replace: "" }],
    tests: ["test/broadcast/iot-core/rules.test.ts"],
  },
  {
    name: "iot-51st-topic",
    breaks: "One topic too many ends the connection, and with it all other subscriptions.",
    edits: [
      {
        file: CONNECT,
        find: "if (count > maxSubscriptionsPerConnection) {",
        replace: "if (count > maxSubscriptionsPerConnection + 1_000) {",
      },
    ],
    tests: ["test/broadcast/iot-core/delivery.test.ts"],
  },
  {
    name: "mqtt-length-unbounded",
    breaks: "A packet's length is not bounded: a broker fills a page's memory.",
    edits: [{ file: READER, find: "this.#length > this.#maxBodyBytes", replace: "false" }],
    tests: [HOSTILE_BROKER],
  },
  {
    name: "mqtt-too-few-codes",
    breaks: "Who waits for an answer with too few codes waits for ever.",
    edits: [
      {
        file: SUBSCRIBES,
        find: "waiting.topicFilters.length !== reasonCodes.length",
        replace: "waiting.topicFilters.length < reasonCodes.length",
      },
    ],
    tests: [HOSTILE_BROKER],
  },
  {
    name: "mqtt-part-subscribed",
    breaks: "A subscription that was refused in part goes on to hear the rest.",
    edits: [{ file: CONNECT_MQTT, find: "    this.unsubscribe(topicFilters);\n", replace: "" }],
    tests: [HOSTILE_BROKER],
  },
  {
    name: "mqtt-no-puback",
    breaks: "A message is never acknowledged, so the broker stops after a hundred.",
    edits: [
      {
        file: CONNECT_MQTT,
        find: "if (packet.packetId !== undefined) this.#send(",
        replace: "if (packet.packetId === -1) this.#send(",
      },
    ],
    tests: [HOSTILE_BROKER],
  },
];
