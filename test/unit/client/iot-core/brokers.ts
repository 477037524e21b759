import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll } from "vitest";
import { WebSocket } from "ws";
import type {
  MqttConnection,
  MqttOptions,
  PublishingConnection,
} from "../../../../src/client/iot-core/mqtt/connection.ts";
import { connectMqtt } from "../../../../src/client/iot-core/mqtt/connectMqtt.ts";
import type { ProtocolVersion } from "../../../../src/client/iot-core/mqtt/received.ts";
import { startIotCore } from "../../../../src/testing/iot-core/startIotCore.ts";
import { hasMosquitto, startMosquitto } from "../../testing/iot-core/mosquitto.ts";
import { openAuthorizer } from "../../testing/iot-core/openAuthorizer.ts";

export interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

/** A broker by its name, and a version of MQTT. */
export type At = readonly [broker: string, version: ProtocolVersion];

const STARTS: Readonly<Record<string, () => Promise<Broker>>> = {
  "the emulator": async () => {
    const iotCore = await startIotCore({ authorizers: { open: openAuthorizer } });
    return { ...iotCore, url: `${iotCore.url}?x-amz-customauthorizer-name=open` };
  },
  ...(hasMosquitto ? { mosquitto: startMosquitto } : {}),
};
export const AT_EMULATOR: readonly At[] = [
  ["the emulator", 4],
  ["the emulator", 5],
];
export const AT_ALL: readonly At[] = Object.keys(STARTS).flatMap((name): At[] => [
  [name, 4],
  [name, 5],
]);

const started = new Map<string, Broker>();
const open: MqttConnection[] = [];
const publishers: MqttClient[] = [];

/** Has the brokers run while the tests of a file do. Called by each file: those of one process share this module. */
export function withBrokers(): void {
  beforeAll(async () => {
    for (const name of Object.keys(STARTS)) started.set(name, await startAnother(name));
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await Promise.all(publishers.splice(0).map((publisher) => publisher.endAsync(true)));
  });
  afterAll(async () => {
    for (const broker of started.values()) await broker.stop();
  });
}

/** A second broker of the same kind. */
export function startAnother(name: string): Promise<Broker> {
  const start = STARTS[name];
  if (start === undefined) throw new Error(`there is no broker "${name}"`);
  return start();
}

/** The client of the package mqtt. */
export async function publisherAt([name, version]: At): Promise<MqttClient> {
  const publisher = await connectAsync(started.get(name)?.url ?? "", {
    protocolVersion: version,
    clientId: "publisher",
    username: "",
    password: "good",
    reconnectPeriod: 0,
  });
  publishers.push(publisher);
  return publisher;
}

/** Options of a client that nobody refuses. */
export function clientOptions([name, version]: At): MqttOptions {
  return {
    url: started.get(name)?.url ?? "",
    WebSocket: WebSocket as never,
    protocolVersion: version,
    clientId: `subscriber${Math.random()}`,
    username: "",
    password: "good",
    keepAliveSeconds: 60,
    signal: new AbortController().signal,
    onMessage: () => undefined,
    onClose: () => undefined,
  };
}

/** Our client, and what it hears. */
export async function subscriberAt(
  at: At,
  more: Partial<MqttOptions> = {},
): Promise<{
  readonly connection: PublishingConnection;
  readonly received: readonly (readonly [topic: string, body: string])[];
  readonly closed: readonly Error[];
  /** Resolves when as many messages are there. */
  until(count: number): Promise<void>;
}> {
  const received: [string, string][] = [];
  const closed: Error[] = [];
  let check = (): unknown => undefined;
  const connection = await connectMqtt({
    ...clientOptions(at),
    onMessage: (topic, body) => {
      received.push([topic, body]);
      check();
    },
    onClose: (error) => closed.push(error),
    ...more,
  });
  open.push(connection);
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      check = () => received.length >= count && resolve();
      check();
    });
  return { connection, received, closed, until };
}
