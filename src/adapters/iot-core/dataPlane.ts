import type {
  IoTDataPlaneClient,
  PublishCommandInput,
  SendDirectMessageCommandInput,
} from "@aws-sdk/client-iot-data-plane";
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

/** How the client that is made here works. */
export interface DataPlaneTuning {
  /** Tries of one call, the first included. */
  readonly maxAttempts?: number;
  /** Calls under way at once. */
  readonly maxSockets?: number;
}

/** Calls of the HTTP API. The SDK is loaded by the first of them: an authorizer, which has five seconds, never needs it. */
export class DataPlane {
  readonly #options: IotDataPlaneOptions;
  readonly #tuning: DataPlaneTuning;
  #loading: Promise<{ readonly sdk: Sdk; readonly client: IotDataPlane }> | undefined;

  constructor(options: IotDataPlaneOptions, tuning: DataPlaneTuning = {}) {
    this.#options = options;
    this.#tuning = tuning;
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
   * Sends a message to one client.
   *
   * @throws {@link TransportError} `gone` when there is no such client
   */
  async sendDirectMessage(
    input: SendDirectMessageCommandInput,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const { sdk, client } = await this.#load();
      // Of topics alone an older one will do, so the peer's range has it.
      if (!("SendDirectMessageCommand" in sdk)) throw tooOld();
      await client.send(new sdk.SendDirectMessageCommand(input), { abortSignal: signal });
    } catch (error) {
      if (error instanceof TransportError) throw error;
      const status = statusOf(error);
      // A success of which only the body broke off: a second try would deliver it twice.
      if (status !== undefined && status >= 200 && status < 300) return;
      throw status === NOT_CONNECTED
        ? new TransportError("gone", "AWS IoT Core has no such client", { cause: error })
        : transportError(error);
    }
  }

  /**
   * Ends a client's connection.
   *
   * @returns whether there was one
   * @throws {@link TransportError}
   */
  async disconnect(clientId: string, signal?: AbortSignal): Promise<boolean> {
    try {
      const { sdk, client } = await this.#load();
      const options = signal === undefined ? {} : { abortSignal: signal };
      await client.send(new sdk.DeleteConnectionCommand({ clientId }), options);
      return true;
    } catch (error) {
      if (statusOf(error) === NOT_CONNECTED) return false;
      throw transportError(error);
    }
  }

  #load(): Promise<{ readonly sdk: Sdk; readonly client: IotDataPlane }> {
    this.#loading ??= import("@aws-sdk/client-iot-data-plane").then((sdk) => {
      const { client, endpoint } = this.#options;
      const { maxAttempts, maxSockets } = this.#tuning;
      const agent = { keepAlive: true, maxSockets };
      const config = {
        requestHandler: {
          ...TIMEOUTS,
          ...(maxSockets !== undefined && { httpAgent: agent, httpsAgent: agent }),
        },
        ...(maxAttempts !== undefined && { maxAttempts }),
        ...(endpoint !== undefined && { endpoint }),
      };
      return { sdk, client: client ?? new sdk.IoTDataPlaneClient(config) };
    });
    return this.#loading;
  }
}

/** The options that were given, without those that were not. */
export function reachedBy(
  client: IotDataPlaneOptions["client"],
  endpoint: string | undefined,
): IotDataPlaneOptions {
  return {
    ...(client !== undefined && { client }),
    ...(endpoint !== undefined && { endpoint }),
  };
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

function tooOld(): TransportError {
  return new TransportError(
    "unknown",
    "AWS IoT Core: this @aws-sdk/client-iot-data-plane has no SendDirectMessage. Install and bundle a newer one for direct delivery; 3.1138 has it.",
  );
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
