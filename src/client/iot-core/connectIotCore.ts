import { BrokerRefusedError } from "../../errors/broadcast.ts";
import type { Grant } from "../../protocol/broadcast.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import type { BrokerConnection, ConnectBroker, GrantedTopic } from "../broadcast/broker.ts";
import type { WebSocketClass } from "../webSocketClass.ts";
import type { MqttConnection } from "./mqtt/connection.ts";
import { connectMqtt } from "./mqtt/connectMqtt.ts";
import { mqttPackageClient } from "./mqttPackage.ts";
import type { IotConnectionSettings } from "./options.ts";
import { withAuthorizer } from "./settings.ts";

/** What is between two tokens of one password. */
const BETWEEN_TOKENS = ",";
/** MQTT: a text has a length of two bytes. */
const MAX_PASSWORD_BYTES = 65_535;

/** Makes what the link connects with. */
export function connectIotCore(settings: IotConnectionSettings): ConnectBroker {
  const { mqtt, protocolVersion, keepAliveSeconds } = settings;
  const connect = mqtt === undefined ? connectMqtt : mqttPackageClient(mqtt);
  const inUse = new Set<string>();
  return async ({ grants, signal, onMessage, onClose }) => {
    // A second connection with the id of the first would throw that one out.
    const own = grants.find((grant) => !inUse.has(clientIdOf(grant))) ?? grants[0];
    const clientId = clientIdOf(own);
    const admitted = isExact(own) ? [own, ...grants.filter((grant) => grant !== own)] : [own];
    const release = (): void => void inUse.delete(clientId);
    inUse.add(clientId);
    try {
      const connection = await connect({
        url: urlOf(settings, own),
        // It is there when our own client connects.
        WebSocket: settings.WebSocket as WebSocketClass,
        protocolVersion,
        clientId,
        // AWS looks for parameters in it.
        username: "",
        password: passwordOf(admitted),
        keepAliveSeconds,
        signal,
        onMessage,
        onClose(error) {
          release();
          onClose(error);
        },
      });
      return new IotConnection(connection, settings, release);
    } catch (error) {
      release();
      throw error;
    }
  };
}

class IotConnection implements BrokerConnection {
  readonly #connection: MqttConnection;
  readonly #settings: IotConnectionSettings;
  readonly #release: () => void;
  readonly #topics = new Set<string>();

  constructor(connection: MqttConnection, settings: IotConnectionSettings, release: () => void) {
    this.#connection = connection;
    this.#settings = settings;
    this.#release = release;
  }

  async subscribe(granted: readonly GrantedTopic[]): Promise<void> {
    const topics = granted.map(({ topic }) => topic);
    if (topics.length === 0) return;
    const { qos, maxSubscriptionsPerConnection } = this.#settings;
    // The broker would end the connection for it, and so every other subscription's.
    const count = new Set([...this.#topics, ...topics]).size;
    if (count > maxSubscriptionsPerConnection) {
      throw new BrokerRefusedError(
        `AWS IoT Core: the connection would have ${count} topics, at most ${maxSubscriptionsPerConnection} are allowed. Declare fewer filters, or use another client for some subscriptions.`,
      );
    }
    for (const topic of topics) this.#topics.add(topic);
    try {
      await this.#connection.subscribe(topics, { qos });
    } catch (error) {
      for (const topic of topics) this.#topics.delete(topic);
      throw error;
    }
  }

  unsubscribe(topics: readonly string[]): void {
    const known = topics.filter((topic) => this.#topics.delete(topic));
    if (known.length > 0) this.#connection.unsubscribe(known);
  }

  close(): void {
    this.#release();
    this.#connection.close();
  }
}

/** Whether policies list the topics of grants, so that a connection needs the token of each. */
export function isExact({ endpoint }: Grant): boolean {
  return endpoint?.["authorization"] === "exact";
}

function clientIdOf({ endpoint, clientId }: Grant): string {
  return `${endpoint?.["clientIdPrefix"] ?? ""}${clientId}`;
}

function urlOf(settings: IotConnectionSettings, { endpoint }: Grant): string {
  const url = settings.url ?? endpoint?.["url"];
  const authorizer = settings.authorizer ?? endpoint?.["authorizer"];
  if (url === undefined) {
    throw new BrokerRefusedError(
      "AWS IoT Core: there is no url, neither in the options of iotLink nor in those of the server's iot().",
    );
  }
  return withAuthorizer(url, authorizer);
}

function passwordOf(grants: readonly Grant[]): string {
  const password = grants.map(({ token }) => token).join(BETWEEN_TOKENS);
  const bytes = utf8Bytes(password);
  if (bytes <= MAX_PASSWORD_BYTES) return password;
  throw new BrokerRefusedError(
    `AWS IoT Core: the tokens of ${grants.length} subscriptions have ${bytes} bytes, at most ${MAX_PASSWORD_BYTES} fit into one connection. Use authorization "capability".`,
  );
}
