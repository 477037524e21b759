import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import type { Grant } from "../../../src/protocol/broadcast.ts";
import type { World } from "./world.ts";

/** The client id that a grant is for. */
export const idOf = ({ endpoint, clientId }: Grant): string =>
  `${endpoint?.["clientIdPrefix"]}${clientId}`;

/** A client that does what it likes, with whatever token. */
export async function intruder(
  { url }: { readonly url: string },
  { search = "", ...options }: IClientOptions & { readonly search?: string },
): Promise<MqttClient> {
  const client = await connectAsync(`${url}?x-amz-customauthorizer-name=subscriptions${search}`, {
    protocolVersion: 5,
    username: "",
    reconnectPeriod: 0,
    resubscribe: false,
    ...options,
  });
  client.on("error", () => undefined);
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** A client with a good token of its own. */
export async function insider(world: World): Promise<MqttClient> {
  const grant = await world.grant("mallory", "red");
  return intruder(world.iotCore, { clientId: idOf(grant), password: grant.token });
}

/** What becomes of a client that tries something: an answer that allows it, or the end of its connection. */
export const triesTo = (
  client: MqttClient,
  act: (answered: (error?: Error | null) => void) => void,
): Promise<"allowed" | "ended"> =>
  new Promise((resolve) => {
    client.once("close", () => resolve("ended"));
    act((error) => {
      if (!error) resolve("allowed");
    });
  });
