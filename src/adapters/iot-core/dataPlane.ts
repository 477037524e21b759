import type { IoTDataPlaneClient, PublishCommandInput } from "@aws-sdk/client-iot-data-plane";
import type { TopicMessage, TopicOutcome, TopicTransport } from "../../broadcast/broker.ts";
import { TransportError, type TransportFailure } from "../../errors.ts";

type Sdk = typeof import("@aws-sdk/client-iot-data-plane");

/** The part of an `IoTDataPlaneClient` that is used. */
export type IotDataPlane = Pick<IoTDataPlaneClient, "send">;

/** Where the broker's HTTP API is. */
export interface IotDataPlaneOptions {
  /**
   * The client to use, with its own region, retries and credentials.
   *
   * @defaultValue a client of its own, made once, with the SDK's three tries of at most some seconds
   */
  readonly client?: IotDataPlane;
  /**
   * `https://<id>-ats.iot.<region>.amazonaws.com`, from `aws iot describe-endpoint --endpoint-type iot:Data-ATS`; for the
   * client that is made here.
   *
   * @defaultValue the region's own endpoint, which AWS recommends for tests only
   */
  readonly endpoint?: string;
}

/** Of one publish; as many sockets as the SDK's agent has. */
const MAX_CALLS_AT_ONCE = 50;
/** By itself the SDK waits for ever. */
const TIMEOUTS = { connectionTimeout: 2_000, socketTimeout: 3_000 };

/** What a client that has gone, or never was, is answered with. */
const NOT_CONNECTED = 404;

/** Calls of the HTTP API. The SDK is loaded by the first of them: an authorizer, which has five seconds, never needs it. */
export class DataPlane {
  readonly #options: IotDataPlaneOptions;
  #loading: Promise<{ readonly sdk: Sdk; readonly client: IotDataPlane }> | undefined;

  constructor(options: IotDataPlaneOptions) {
    this.#options = options;
  }

  /** @throws {@link TransportError} */
  async publish(input: PublishCommandInput, signal: AbortSignal): Promise<void> {
    try {
      const { sdk, client } = await this.#load();
      await client.send(new sdk.PublishCommand(input), { abortSignal: signal });
    } catch (error) {
      throw transportError(error);
    }
  }

  /**
   * Ends a client's connection.
   *
   * @returns whether there was one
   * @throws {@link TransportError}
   */
  async disconnect(clientId: string): Promise<boolean> {
    try {
      const { sdk, client } = await this.#load();
      await client.send(new sdk.DeleteConnectionCommand({ clientId }));
      return true;
    } catch (error) {
      if (statusOf(error) === NOT_CONNECTED) return false;
      throw transportError(error);
    }
  }

  #load(): Promise<{ readonly sdk: Sdk; readonly client: IotDataPlane }> {
    this.#loading ??= import("@aws-sdk/client-iot-data-plane").then((sdk) => {
      const { client, endpoint } = this.#options;
      const config = { requestHandler: TIMEOUTS, ...(endpoint !== undefined && { endpoint }) };
      return { sdk, client: client ?? new sdk.IoTDataPlaneClient(config) };
    });
    return this.#loading;
  }
}

/** Publishes by HTTP: one call for each message, side by side. */
export function iotTransport(dataPlane: DataPlane, qos: 0 | 1): TopicTransport {
  const publish = async (
    { topic, body }: TopicMessage,
    signal: AbortSignal,
  ): Promise<TopicOutcome> => {
    try {
      await dataPlane.publish({ topic, qos, payload: new TextEncoder().encode(body) }, signal);
      return { status: "sent" };
    } catch (error) {
      return { status: "failed", error: error as TransportError };
    }
  };
  return {
    async publish(messages, { signal }) {
      const outcomes: TopicOutcome[] = [];
      const waiting = messages.entries();
      const sender = async (): Promise<void> => {
        for (const [index, message] of waiting) outcomes[index] = await publish(message, signal);
      };
      await Promise.all(Array.from({ length: MAX_CALLS_AT_ONCE }, sender));
      return outcomes;
    },
  };
}

function transportError(error: unknown): TransportError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new TransportError(failureOf(error), `AWS IoT Core: ${name}: ${message}`, {
    cause: error,
  });
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html#API_iotdata_Publish_Errors */
function failureOf(error: unknown): TransportFailure {
  const status = statusOf(error);
  if (status === 401 || status === 403) return "forbidden";
  if (status === 413) return "tooLarge";
  if (status === 429) return "throttled";
  if (status !== undefined) return status >= 500 ? "transient" : "unknown";
  // No answer at all: the network, or the deadline. A missing region or credential is not worth another try.
  const isOfCaller =
    error instanceof Error && /Credentials|Region/.test(error.name + error.message);
  return isOfCaller ? "unknown" : "transient";
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const metadata: unknown = Reflect.get(error, "$metadata");
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const status: unknown = Reflect.get(metadata, "httpStatusCode");
  return typeof status === "number" ? status : undefined;
}
