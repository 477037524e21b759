import { createBroadcastEngine } from "../../broadcast/broadcastEngine.ts";
import { LONGEST_TOPIC_LEVELS } from "../../broadcast/broker.ts";
import { checkOptions } from "../../errors/checkOptions.ts";
import { BuilderError } from "../../errors.ts";
import { MAX_IOT_PAYLOAD_BYTES } from "../../protocol/iotCoreLimits.ts";
import type { EventStore } from "../../store/types.ts";
import type { BroadcastEngine, StoreEngine } from "../../subscriptions/engine.ts";
import { createAuthorizer, type IotAuthorizerOptions } from "./authorizer.ts";
import { DataPlane, type IotDataPlaneOptions, iotTransport, reachedBy } from "./dataPlane.ts";
import { iotDirect } from "./direct/engine.ts";
import type { IotDirectOptions } from "./direct/options.ts";
import type { IotDirectTypes } from "./direct/types.ts";
import { IOT_DIRECT_OPTIONS, IOT_OPTIONS, IOT_STEP_OPTIONS } from "./optionChecks.ts";
import { type IotOptions, iotSettings } from "./options.ts";
import { createDisconnected, createRules } from "./rules.ts";
import { topicName } from "./topicName.ts";
import type { IotDisconnected, IotPublisherOptions, IotTypes } from "./types.ts";

const NAME = "AWS IoT Core";

/**
 * Makes the engine that publishes through AWS IoT Core: one message to its broker for each publish, whoever listens, and
 * no table. Clients connect to the broker with `iotLink`.
 *
 * ```ts
 * const app = subscriptions.router({ router }).engine(iot({ prefix: ["myapp", "dev"], secret }));
 * export const authorizer = app.authorizer();
 * const publisher = app.publisher();
 * ```
 *
 * With `delivery: "direct"` it sends each event to each subscriber instead, whom it knows from a table, as API Gateway
 * does. Clients then connect with tRPC's own `wsLink` and the class of {@link iotWebSocket}.
 *
 * @throws {@link BuilderError} for options that cannot be used
 * @category IoT Core
 */
export function iot(options: IotDirectOptions): StoreEngine<IotDirectTypes>;
export function iot(
  options: IotOptions & { readonly store: EventStore },
): BroadcastEngine<IotTypes, true>;
export function iot(options: IotOptions): BroadcastEngine<IotTypes>;
export function iot(
  options: IotDirectOptions | IotOptions,
): BroadcastEngine<IotTypes, boolean> | StoreEngine<IotDirectTypes> {
  const isDirect = options?.delivery === "direct";
  checkOptions("iot()", options, isDirect ? IOT_DIRECT_OPTIONS : IOT_OPTIONS);
  return isDirect ? iotDirect(options) : iotTopics(options);
}

/** The engine that publishes to topics. */
function iotTopics(options: IotOptions): BroadcastEngine<IotTypes, boolean> {
  const settings = iotSettings(options);
  const { prefix, clientIdPrefix, secret, grantTtlMs, endpoint } = settings;
  const name = topicName.bind(undefined, prefix);
  // Whatever routes there are: a prefix that is too long is found now, not at a publish.
  name(LONGEST_TOPIC_LEVELS);
  return createBroadcastEngine<IotTypes>({
    broker: {
      name: NAME,
      scope: `iot-core/${prefix}`,
      secret,
      maxPayloadBytes: MAX_IOT_PAYLOAD_BYTES,
      topicName: name,
      grantTtlMs,
      endpoint,
    },
    store: options.store,
    steps: ["authorizer", "publisher", "rules", "disconnect", "disconnected"],
    options: IOT_STEP_OPTIONS,
    handlers(core) {
      const planes = new Map<string | undefined, DataPlane>();
      return {
        authorizer: (given?: IotAuthorizerOptions) =>
          createAuthorizer(settings, core.verify, given),
        publisher(given: IotPublisherOptions = {}) {
          const { client, endpoint: url, qos = 1, ...others } = given;
          if (qos !== 0 && qos !== 1) {
            throw new BuilderError(`publisher(): qos is ${String(qos)}, neither 0 nor 1.`);
          }
          return core.publisher(iotTransport(new DataPlane(reachedBy(client, url)), qos), others);
        },
        rules: () => createRules(settings, core),
        async disconnect(clientId: string, given?: IotDataPlaneOptions) {
          if (typeof clientId !== "string" || !clientId.startsWith(clientIdPrefix)) {
            throw new BuilderError(
              `disconnect(): ${JSON.stringify(clientId)} is no client of this prefix; its ids begin with "${clientIdPrefix}".`,
            );
          }
          return planeOf(planes, given).disconnect(clientId);
        },
        disconnected: (handle: (event: IotDisconnected) => Promise<void> | void) =>
          createDisconnected(settings, handle),
      };
    },
  });
}

/** Clients that are made here are kept: each has sockets of its own. */
function planeOf(
  planes: Map<string | undefined, DataPlane>,
  { client, endpoint }: IotDataPlaneOptions = {},
): DataPlane {
  const kept = client === undefined ? planes.get(endpoint) : undefined;
  const plane = kept ?? new DataPlane(reachedBy(client, endpoint));
  if (client === undefined) planes.set(endpoint, plane);
  return plane;
}
