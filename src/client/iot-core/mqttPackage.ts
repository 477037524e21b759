import { BrokerConnectionError, BrokerRefusedError } from "../../errors/broadcast.ts";
import { MAX_FILTERS_PER_SUBSCRIBE } from "../../protocol/iotCoreLimits.ts";
import type { ConnectMqtt, MqttConnection } from "./mqtt/connection.ts";

/** The package `mqtt`, version 5, as far as it is used: `import mqtt from "mqtt"`. */
export interface MqttPackage {
  /** Makes a client, which begins to connect. */
  connect(url: string, options: object): MqttPackageClient;
}

/** Its client. */
export interface MqttPackageClient {
  /** Listens to `connect`, `message`, `error` and `close`. */
  on(event: string, listener: (...of: never[]) => void): unknown;
  /** Subscribes, and calls back when the broker has answered. */
  subscribe(
    topics: string[],
    options: { qos: 0 | 1 },
    done: (error: Error | null) => void,
  ): unknown;
  /** Unsubscribes, and calls back when the broker has answered. */
  unsubscribe(topics: string[], done: () => void): unknown;
  /** Ends the connection, at once if `force`. */
  end(force: boolean): unknown;
}

/** Refusals by code, in MQTT 3.1.1 (1 to 5, AWS's own 7 among them) and 5, but for those that pass. */
const REFUSED = [1, 2, 4, 5, 7, 0x81, 0x82, 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x90, 0x95, 0x99];

/** Connects by the package `mqtt`, which neither reconnects nor subscribes again by itself: the link does. */
export function mqttPackageClient(mqtt: MqttPackage): ConnectMqtt {
  return ({ url, keepAliveSeconds, signal, onMessage, onClose, WebSocket: _, ...credentials }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new BrokerConnectionError("the connection is not wanted any more"));
        return;
      }
      const client = mqtt.connect(url, {
        ...credentials,
        keepalive: keepAliveSeconds,
        clean: true,
        reconnectPeriod: 0,
        resubscribe: false,
        // The signal ends it earlier.
        connectTimeout: 24 * 60 * 60 * 1000,
      });
      const connection = new PackageConnection(client, onClose);
      const fail = (error: Error): void => {
        connection.close();
        reject(error);
      };
      const abort = (): void => fail(new BrokerConnectionError("the connection took too long"));
      signal.addEventListener("abort", abort);
      client.on("message", (topic: string, payload: Uint8Array) =>
        onMessage(topic, decoder.decode(payload)),
      );
      client.on("connect", () => {
        signal.removeEventListener("abort", abort);
        connection.isOpen = true;
        resolve(connection);
      });
      client.on("error", (error: Error & { readonly code?: unknown }) => {
        if (!connection.isOpen) fail(asRefusal(error));
      });
      client.on("close", () => {
        if (connection.isOpen) connection.ended();
        else fail(new BrokerConnectionError("the connection ended"));
      });
    });
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function asRefusal(error: Error & { readonly code?: unknown }): Error {
  const text = `the connection failed: ${error.message}`;
  return REFUSED.includes(Number(error.code))
    ? new BrokerRefusedError(text, { cause: error })
    : new BrokerConnectionError(text, { cause: error });
}

class PackageConnection implements MqttConnection {
  readonly #client: MqttPackageClient;
  readonly #onClose: (error: Error) => void;
  readonly #waiting = new Set<(error: Error) => void>();
  isOpen = false;

  constructor(client: MqttPackageClient, onClose: (error: Error) => void) {
    this.#client = client;
    this.#onClose = onClose;
  }

  async subscribe(topicFilters: readonly string[], { qos }: { qos: 0 | 1 }): Promise<void> {
    for (let at = 0; at < topicFilters.length; at += MAX_FILTERS_PER_SUBSCRIBE) {
      await this.#subscribe(topicFilters.slice(at, at + MAX_FILTERS_PER_SUBSCRIBE), qos);
    }
  }

  unsubscribe(topicFilters: readonly string[]): void {
    if (this.isOpen) this.#client.unsubscribe([...topicFilters], () => undefined);
  }

  close(): void {
    this.isOpen = false;
    this.#client.end(true);
    this.#rejectAll(new BrokerConnectionError("the connection was closed"));
  }

  /** The other side, or the network, ended it. */
  ended(): void {
    const error = new BrokerConnectionError("the connection ended");
    this.isOpen = false;
    this.#rejectAll(error);
    this.#onClose(error);
  }

  #rejectAll(error: Error): void {
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #subscribe(topicFilters: string[], qos: 0 | 1): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) {
        reject(new BrokerConnectionError("the connection is over"));
        return;
      }
      this.#waiting.add(reject);
      this.#client.subscribe(topicFilters, { qos }, (error) => {
        this.#waiting.delete(reject);
        if (error === null) resolve();
        else
          reject(new BrokerRefusedError(`the broker refused: ${error.message}`, { cause: error }));
      });
    });
  }
}
