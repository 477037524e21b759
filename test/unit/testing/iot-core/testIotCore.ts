import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { connectAsync, type IClientOptions, type IDisconnectPacket, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import {
  type IotCoreObservation,
  type IotCoreOptions,
  type LocalIotCore,
  startIotCore,
} from "../../../../src/testing/index.ts";
import { openAuthorizer } from "./openAuthorizer.ts";

/** A client of the package mqtt, and what it saw. */
export interface TestClient {
  readonly client: MqttClient;
  readonly messages: string[];
  /** Resolves when the connection is over, with the reason code that MQTT 5 gives. */
  readonly closed: Promise<number | undefined>;
}

/** An emulator for one test, an SDK client of it, and what it observes. */
export async function testIotCore(options: Partial<IotCoreOptions> = {}): Promise<{
  readonly iotCore: LocalIotCore;
  readonly sdk: IoTDataPlaneClient;
  readonly observed: IotCoreObservation[];
  /** Resolves with the next observation of a type that was not waited for yet. */
  next(type: IotCoreObservation["type"]): Promise<IotCoreObservation>;
  connect(clientId: string, more?: IClientOptions): Promise<TestClient>;
}> {
  const observed: IotCoreObservation[] = [];
  const seen = new Set<IotCoreObservation>();
  let check = (): void => undefined;
  const iotCore = await startIotCore({
    authorizers: { open: openAuthorizer },
    onEvent: (observation) => {
      observed.push(observation);
      check();
    },
    ...options,
  });
  const sdk = new IoTDataPlaneClient({ ...iotCore.clientConfig, maxAttempts: 1 });
  onTestFinished(async () => {
    sdk.destroy();
    await iotCore.stop();
  });
  return {
    iotCore,
    sdk,
    observed,
    next: (type) =>
      new Promise((resolve) => {
        check = () => {
          const found = observed.find((one) => one.type === type && !seen.has(one));
          if (found === undefined) return;
          seen.add(found);
          resolve(found);
        };
        check();
      }),
    connect: (clientId, more) => connectTo(iotCore, { clientId, ...more }),
  };
}

async function connectTo(iotCore: LocalIotCore, options: IClientOptions): Promise<TestClient> {
  const client = await connectAsync(`${iotCore.url}?x-amz-customauthorizer-name=open`, {
    username: "",
    password: "good",
    reconnectPeriod: 0,
    resubscribe: false,
    ...options,
  });
  const messages: string[] = [];
  client.on("message", (topic, payload) => messages.push(`${topic}: ${payload}`));
  client.on("error", () => undefined);
  let reasonCode: number | undefined;
  client.on("disconnect", (packet: IDisconnectPacket) => {
    reasonCode = packet.reasonCode;
  });
  const closed = new Promise<number | undefined>((resolve) =>
    client.once("close", () => resolve(reasonCode)),
  );
  onTestFinished(() => client.endAsync(true));
  return { client, messages, closed };
}
