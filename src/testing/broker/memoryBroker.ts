import { randomBytes } from "node:crypto";
import { createBroadcastEngine } from "../../broadcast/broadcastEngine.ts";
import type { Broker, TopicTransport } from "../../broadcast/broker.ts";
import { secretKeys } from "../../broadcast/secret.ts";
import { grantVerifier, type VerifyGrant } from "../../broadcast/token.ts";
import type { ClientBroker, GrantedTopic } from "../../client/broadcast/broker.ts";
import { BrokerConnectionError, BrokerRefusedError } from "../../errors/broadcast.ts";
import { TransportError } from "../../errors.ts";
import type { EventStore } from "../../store/types.ts";
import { MemoryConnection } from "./connection.ts";
import type { BrokerState } from "./state.ts";
import type { MemoryBroker, MemoryBrokerOptions, MemoryBrokerTypes } from "./types.ts";
import { Wire } from "./wire.ts";

const NAME = "the broker in memory";
const SCOPE = "memory";

/**
 * Makes a broker in this process: an engine for a chain and links for clients, which check tokens and topics as a real
 * one does. For tests of your own routes, filters and clients, without AWS.
 *
 * ```ts
 * const broker = memoryBroker();
 * const chain = filtered.engine(broker.engine);
 * const links = [await broker.link({ http: httpBatchLink({ url }) })];
 * ```
 */
export function memoryBroker(
  options: MemoryBrokerOptions & { readonly store: EventStore },
): MemoryBroker<true>;
export function memoryBroker(options?: MemoryBrokerOptions): MemoryBroker;
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker<boolean> {
  const { grantTtlMs, maxPayloadBytes = 131_072, store } = options;
  const broker: Broker = {
    name: NAME,
    scope: SCOPE,
    secret: randomBytes(32).toString("base64"),
    maxPayloadBytes,
    topicName: ({ route, audience, tag }) => `memory/${route}/${audience}/${tag}`,
    ...(grantTtlMs !== undefined && { grantTtlMs }),
  };
  const state: BrokerState = {
    connections: new Set(),
    messages: [],
    accepted: 0,
    isDown: false,
    refusesMessages: false,
  };
  const transport = memoryTransport(state);
  const verify = grantVerifier(secretKeys(broker.secret, SCOPE), Date.now);
  const client = clientBroker(state, verify, options);
  return {
    engine: createBroadcastEngine<MemoryBrokerTypes>({
      broker,
      store,
      steps: ["publisher"],
      handlers: (core) => ({ publisher: (given = {}) => core.publisher(transport, given) }),
    }),
    async link(given) {
      const { createBroadcastLink } = await import("../../client/broadcast/link.ts");
      return createBroadcastLink(client, given);
    },
    get connections() {
      return state.connections.size;
    },
    get accepted() {
      return state.accepted;
    },
    messages: state.messages,
    drop() {
      for (const connection of [...state.connections]) connection.drop();
    },
    setDown(isDown) {
      state.isDown = isDown;
    },
    setRefusing(refusesMessages) {
      state.refusesMessages = refusesMessages;
    },
  };
}

function memoryTransport(state: BrokerState): TopicTransport {
  return {
    async publish(sent) {
      const error = new TransportError("transient", `${NAME} refuses messages`);
      if (state.refusesMessages) return sent.map(() => ({ status: "failed", error }));
      for (const message of sent) {
        state.messages.push(message);
        for (const connection of state.connections) {
          connection.deliver(message.topic, message.body);
        }
      }
      return sent.map(() => ({ status: "sent" }));
    },
  };
}

function clientBroker(
  state: BrokerState,
  verify: VerifyGrant,
  { latencyMs = 0, topicsFixedAtConnect = false }: MemoryBrokerOptions,
): ClientBroker {
  const latency = typeof latencyMs === "function" ? latencyMs : (): number => latencyMs;
  const allows = ({ topic, grant }: GrantedTopic): boolean => {
    try {
      return verify(grant.token).topics.includes(topic);
    } catch {
      return false;
    }
  };
  return {
    name: NAME,
    topicsFixedAtConnect,
    async connect({ grants, signal, ...events }) {
      const wire = new Wire(latency);
      signal.addEventListener("abort", () => wire.cut(), { once: true });
      await wire.toBroker();
      if (signal.aborted) throw new BrokerConnectionError("the connection was given up");
      if (state.isDown) throw new BrokerConnectionError(`${NAME} is down`);
      if (!grants.every((grant) => allows({ topic: grant.topics[0] ?? "", grant }))) {
        throw new BrokerRefusedError("the token of a grant was refused");
      }
      const fixed = new Set(grants.flatMap(({ topics }) => topics));
      const connection = new MemoryConnection(events, {
        wire,
        allows: (granted) => allows(granted) && (!topicsFixedAtConnect || fixed.has(granted.topic)),
        onEnd: (ended) => state.connections.delete(ended),
      });
      state.accepted++;
      state.connections.add(connection);
      await wire.toClient();
      if (!state.connections.has(connection)) {
        throw new BrokerConnectionError("the connection was dropped");
      }
      return connection;
    },
  };
}
