import { BuilderError } from "../../../errors.ts";
import { CLIENT_ID_TAIL_LENGTH, isClientId } from "../../../protocol/iotDirect.ts";
import { MAX_CONNECTION_MS } from "../../../protocol/limits.ts";
import { MAX_CONNECTION_ID_BYTES } from "../../../store/keys.ts";
import type { ApiReference, Store } from "../../../store/types.ts";
import { refuseTtl } from "../options.ts";
import { prefixLevels } from "../prefix.ts";

/**
 * Options of {@link iot} with direct delivery: each event is sent to each of its subscribers, as API Gateway does it, from
 * the same table and with the same guarantees; but over a connection of IoT Core, to clients that may subscribe to nothing.
 */
export interface IotDirectOptions {
  /**
   * The levels that every topic of this deployment begins with, for example `["myapp", "dev"]`: an account has one space of
   * topics in a region, for all of its applications. 1 to 5 levels of `A-Z a-z 0-9 _ -`, 41 characters in all. No
   * deployment's prefix may begin with that of another, or with that of an `iot()` that delivers to topics.
   */
  readonly prefix: readonly [string, ...string[]];
  readonly delivery: "direct";
  /** Where subscriptions live, for example `dynamodb({ … })`. */
  readonly store: Store;
  /**
   * How long a connection lasts, in milliseconds: 300,000 to 86,400,000, which are IoT Core's bounds. With more than two
   * hours a client of a route with `history` that comes back after hours of silence may be told of a gap that is none.
   *
   * @defaultValue 7,200,000, as long as API Gateway's
   */
  readonly connectionTtlMs?: number;
}

/** The options with their defaults, checked. */
export interface IotDirectSettings {
  readonly levels: readonly string[];
  readonly connectionTtlMs: number;
  /** Which connections of a table are of this deployment. */
  readonly api: ApiReference;
  readonly store: Store;
}

const MAX_PREFIX_LENGTH = MAX_CONNECTION_ID_BYTES - CLIENT_ID_TAIL_LENGTH;

/** @throws {@link BuilderError} for options that cannot be used */
export function iotDirectSettings(options: IotDirectOptions): IotDirectSettings {
  const { connectionTtlMs = MAX_CONNECTION_MS } = options;
  const store: unknown = options.store;
  if (typeof store !== "object" || store === null) {
    throw new BuilderError('iot(): delivery "direct" needs a store, for example dynamodb({ … }).');
  }
  refuseTtl("connectionTtlMs", connectionTtlMs);
  const levels = prefixLevels(options.prefix, MAX_PREFIX_LENGTH);
  return {
    levels,
    connectionTtlMs,
    api: { apiId: "iot-core", stage: levels.join("/") },
    store: options.store,
  };
}

/** Whether a value is an id of a client of this deployment. */
export function isOurs({ levels }: IotDirectSettings, clientId: unknown): clientId is string {
  return typeof clientId === "string" && isClientId(levels, clientId);
}
