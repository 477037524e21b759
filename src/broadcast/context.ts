import { BuilderError } from "../errors.ts";
import { MAX_TIMER_MS } from "../protocol/limits.ts";
import type { BroadcastApp } from "../subscriptions/app.ts";
import type { Broker } from "./broker.ts";
import { type SecretKeys, secretKeys } from "./secret.ts";
import { Topics } from "./topics.ts";

/** What of a broker is the same for all chains that it ends. */
export interface BrokerContext {
  readonly broker: Broker;
  readonly keys: readonly [SecretKeys, ...SecretKeys[]];
  readonly topics: Topics;
  readonly grantTtlMs: number;
}

/** What the steps of one chain work with. */
export interface BroadcastContext extends BrokerContext {
  readonly app: BroadcastApp;
}

const DEFAULT_GRANT_TTL_MS = 60 * 60 * 1000;

/** @throws {@link BuilderError} for a secret that is too short, or a time that is none */
export function brokerContext(broker: Broker): BrokerContext {
  const { secret, scope, grantTtlMs = DEFAULT_GRANT_TTL_MS } = broker;
  // Clients count it with a timer.
  if (!(Number.isSafeInteger(grantTtlMs) && grantTtlMs > 0 && grantTtlMs <= MAX_TIMER_MS)) {
    throw new BuilderError(
      `engine(): grantTtlMs is ${String(grantTtlMs)}. It is a whole number of milliseconds, more than 0.`,
    );
  }
  const keys = secretKeys(secret, scope);
  return { broker, keys, topics: new Topics(broker, keys), grantTtlMs };
}
