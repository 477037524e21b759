import type { BroadcastSecret } from "../../broadcast/secret.ts";
import { BuilderError } from "../../errors.ts";
import { MAX_CONNECTION_SECONDS, MIN_AUTHORIZED_SECONDS } from "../../protocol/iotCoreLimits.ts";
import type { EventStore } from "../../store/types.ts";
import { prefixLevels } from "./prefix.ts";

/**
 * How IoT Core holds a client to its grant. Its policies are fixed when a client connects, so there are two ways.
 *
 * - `"capability"`: a client may subscribe to any topic below the prefix whose whole name it was told, which has 160 bits
 *   that nobody guesses; wildcards are denied. A new subscription costs nothing but itself.
 * - `"exact"`: the policy lists the topics of the grants. A name that leaked is of no use to others; a new subscription
 *   takes another connection, which replaces the one before.
 */
export type IotAuthorization = "capability" | "exact";

/** Options of {@link iot}. */
export interface IotOptions {
  /**
   * The levels that every topic of this deployment begins with, for example `["myapp", "dev"]`: an account has one space of
   * topics in a region, for all of its applications. 1 to 5 levels of `A-Z a-z 0-9 _ -`, 101 characters in all. No
   * deployment's prefix may begin with that of another.
   */
  readonly prefix: readonly [string, ...string[]];
  /** What topics are named with and tokens are signed with. */
  readonly secret: BroadcastSecret;
  /** How clients are held to their grants; every grant tells `iotLink`. @defaultValue "capability" */
  readonly authorization?: IotAuthorization;
  /**
   * How long a grant is good, in milliseconds: 300,000 to 86,400,000, which are IoT Core's bounds for a connection. Its
   * client connects anew a minute before that.
   *
   * @defaultValue 3,600,000
   */
  readonly grantTtlMs?: number;
  /**
   * The broker's URL, handed out with every grant, so that `iotLink` need not be given it:
   * `wss://<id>-ats.iot.<region>.amazonaws.com/mqtt`.
   */
  readonly url?: string;
  /** Name of the custom authorizer, handed out like `url`. Without one clients use the account's default authorizer. */
  readonly authorizer?: string;
  /**
   * Where events of routes with `history` are kept, for example `dynamodb({ … })`; nothing else of it is used.
   *
   * @defaultValue none: such routes are refused
   */
  readonly store?: EventStore;
  /**
   * How events reach clients: to topics of the broker, or to each client by itself, see {@link IotDirectOptions}.
   *
   * @defaultValue "topic"
   */
  readonly delivery?: "topic";
}

/** The options with their defaults, checked. */
export interface IotSettings {
  readonly secret: BroadcastSecret;
  /** Begins every topic; without a slash at its end. */
  readonly prefix: string;
  /** Begins every client id; with a dash at its end. */
  readonly clientIdPrefix: string;
  readonly authorization: IotAuthorization;
  readonly grantTtlMs: number;
  readonly endpoint: Readonly<Record<string, string>>;
}

const DEFAULT_GRANT_TTL_MS = 60 * 60 * 1000;
/** IoT Core's 128 bytes for a client id, without the 26 characters of a grant's and a dash. */
const MAX_PREFIX_LENGTH = 101;

/** @throws {@link BuilderError} for options that cannot be used */
export function iotSettings(options: IotOptions): IotSettings {
  const { prefix, secret, authorization = "capability", url, authorizer } = options;
  const { grantTtlMs = DEFAULT_GRANT_TTL_MS } = options;
  const delivery: unknown = options.delivery ?? "topic";
  if (delivery !== "topic") {
    throw new BuilderError(
      `iot(): delivery is ${JSON.stringify(delivery)}, neither "topic" nor "direct".`,
    );
  }
  const levels = prefixLevels(prefix, MAX_PREFIX_LENGTH);
  if (authorization !== "capability" && authorization !== "exact") {
    throw new BuilderError(
      `iot(): authorization is ${JSON.stringify(authorization)}, neither "capability" nor "exact".`,
    );
  }
  refuseTtl("grantTtlMs", grantTtlMs);
  // It goes to clients with every grant, and each of them would fail.
  if (url !== undefined && !/^wss?:\/\/[^/]/.test(url)) {
    throw new BuilderError(
      `iot(): url is ${JSON.stringify(url)}. It is the broker's for clients, wss://<id>-ats.iot.<region>.amazonaws.com/mqtt`,
    );
  }
  const clientIdPrefix = `${levels.join("-")}-`;
  return {
    secret,
    prefix: levels.join("/"),
    clientIdPrefix,
    authorization,
    grantTtlMs,
    endpoint: {
      clientIdPrefix,
      authorization,
      ...(url !== undefined && { url }),
      ...(authorizer !== undefined && { authorizer }),
    },
  };
}

/** @throws {@link BuilderError} for a time that IoT Core would not authorize a connection for */
export function refuseTtl(name: string, ttlMs: number): void {
  const leastMs = MIN_AUTHORIZED_SECONDS * 1000;
  const mostMs = MAX_CONNECTION_SECONDS * 1000;
  if (ttlMs >= leastMs && ttlMs <= mostMs) return;
  throw new BuilderError(
    `iot(): ${name} is ${String(ttlMs)}. IoT Core authorizes a connection for ${leastMs} to ${mostMs} milliseconds.`,
  );
}
