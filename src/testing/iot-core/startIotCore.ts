import { type IotCoreOptions, iotCoreSettings } from "./options.ts";

/** What `new IoTDataPlaneClient(…)` needs to reach the emulator. */
export interface LocalIotClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A running emulator of IoT Core. */
export interface LocalIotCore {
  /** For clients, for example `ws://127.0.0.1:41234/mqtt`. */
  readonly url: string;
  /** For `new IoTDataPlaneClient(iotCore.clientConfig)`. */
  readonly clientConfig: LocalIotClientConfig;
  /** Ids of the clients that are connected. */
  clientIds(): readonly string[];
  /** What a client is subscribed to; empty for one that is not connected. */
  topicFilters(clientId: string): readonly string[];
  /**
   * Cuts a client's connection without a word, as a network would.
   *
   * @throws {@link SubscriptionsError} `LOCAL` when there is no such client
   */
  dropConnection(clientId: string): void;
  /** Resolves when no authorizer and no rule is under way. */
  settled(): Promise<void>;
  /** Cuts every connection, waits for authorizers and rules, and frees the port. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts an emulator of AWS IoT Core for tests, on a port of this machine: MQTT 3.1.1 and 5 over a WebSocket with custom authorizers,
 * policies and limits, lifecycle events, topic rules, and the HTTP data plane. It has no retained messages, wills and
 * persistent sessions, and shared subscriptions get every message. It needs the package `ws`.
 *
 * @example
 * ```ts
 * const iotCore = await startIotCore({ authorizers: { Subscriptions: authorizer } });
 * const publisher = app.publisher({ client: new IoTDataPlaneClient(iotCore.clientConfig) });
 * const link = iotLink({ http, url: iotCore.url, authorizer: "Subscriptions" });
 * ```
 * @throws {@link SubscriptionsError} `LOCAL` when the port cannot be taken, or a rule is more than the emulator knows
 */
export async function startIotCore(options: IotCoreOptions): Promise<LocalIotCore> {
  // Not before: `ws` is an optional peer, which no other part of this subpath needs.
  const { IotCoreServer } = await import("./server.ts");
  const running = new IotCoreServer(iotCoreSettings(options));
  const origin = await running.listen();
  return {
    url: `ws://${origin}/mqtt`,
    clientConfig: {
      endpoint: `http://${origin}`,
      region: "us-east-1",
      // Nobody checks them; the SDK needs them to sign with.
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    },
    clientIds: () => [...running.broker.sessions.keys()],
    topicFilters: (clientId) => [
      ...(running.broker.sessions.get(clientId)?.subscriptions.keys() ?? []),
    ],
    dropConnection: (clientId) => running.cut(clientId),
    settled: () => running.tasks.settled(),
    stop: () => running.stop(),
  };
}
