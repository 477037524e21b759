import type { IotAuthorizer } from "../../adapters/iot-core/event.ts";
import { MAX_SUBSCRIPTIONS_PER_CONNECTION } from "../../protocol/iotCoreLimits.ts";
import type { IotCoreObservation } from "./observation.ts";

/** A topic rule with a Lambda action. */
export interface LocalTopicRule {
  /**
   * `SELECT * FROM '<topic filter>'`, with `topic()`, `timestamp()`, `clientid()` or `newuuid()` behind the star, as in
   * `SELECT *, topic() AS topic FROM 'myapp/dev/#'`; or these with `encode(*, 'base64') AS <name>` in its place. The
   * emulator knows no more of the SQL of IoT Core.
   */
  readonly sql: string;
  /** The Lambda, which gets one message at a time. Its rejections are observed, and change nothing. */
  readonly handler: (event: never) => Promise<unknown>;
}

/** Options of {@link startIotCore}. */
export interface IotCoreOptions {
  /** Custom authorizers by name. Clients choose one with `x-amz-customauthorizer-name`, in the URL or the user name. */
  readonly authorizers: Readonly<Record<string, IotAuthorizer>>;
  /** @defaultValue none */
  readonly rules?: readonly LocalTopicRule[];
  /** TCP port; 0 takes a free one. @defaultValue 0 */
  readonly port?: number;
  /** Address to listen on. @defaultValue "127.0.0.1" */
  readonly host?: string;
  /** Topic filters that one connection may be subscribed to. @defaultValue 50 */
  readonly maxSubscriptionsPerConnection?: number;
  /**
   * What a client meets whose policy does not allow a SUBSCRIBE: a connection that ends, as on AWS, or an answer that says
   * so, as the specification has it and brokers elsewhere do.
   *
   * @defaultValue "close"
   */
  readonly refusedSubscribe?: "close" | "suback";
  /** How long a second of an authorizer's answer lasts, in milliseconds, for tests of what expires. @defaultValue 1000 */
  readonly secondMs?: number;
  /** Called with everything that happens, synchronously. It must not throw. */
  readonly onEvent?: (observation: IotCoreObservation) => void;
  /** Fault injection: an acknowledgement or a message of the broker waits for the promise; the order stays. */
  readonly delay?: () => Promise<void> | undefined;
  /** Fault injection: answers a publish over HTTP instead of the broker with this status; `undefined` lets it through. */
  readonly onPublish?: (topic: string) => number | undefined;
}

type Hooks = "delay" | "onPublish";

/** The options with their defaults. */
export type IotCoreSettings = Required<Omit<IotCoreOptions, Hooks>> & Pick<IotCoreOptions, Hooks>;

/** Fills in the defaults. */
export function iotCoreSettings(options: IotCoreOptions): IotCoreSettings {
  return {
    rules: [],
    port: 0,
    host: "127.0.0.1",
    maxSubscriptionsPerConnection: MAX_SUBSCRIPTIONS_PER_CONNECTION,
    refusedSubscribe: "close",
    secondMs: 1000,
    onEvent: () => undefined,
    ...options,
  };
}
