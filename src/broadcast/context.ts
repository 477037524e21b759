import { BuilderError } from "../errors.ts";
import { EventIds } from "../protocol/eventId.ts";
import { MAX_TIMER_MS } from "../protocol/limits.ts";
import type { EventStore } from "../store/types.ts";
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
  /** Where events of routes with history are kept; absent when there are no such routes. */
  readonly store?: EventStore;
  readonly eventIds: EventIds;
}

/** What the steps of one chain work with. */
export interface BroadcastContext extends BrokerContext {
  readonly app: BroadcastApp;
}

const DEFAULT_GRANT_TTL_MS = 60 * 60 * 1000;

/** @throws {@link BuilderError} for a secret that is too short, a time that is none, or a store that is none */
export function brokerContext(broker: Broker, store?: EventStore): BrokerContext {
  const { secret, scope, grantTtlMs = DEFAULT_GRANT_TTL_MS } = broker;
  // Clients count it with a timer.
  if (!(Number.isSafeInteger(grantTtlMs) && grantTtlMs > 0 && grantTtlMs <= MAX_TIMER_MS)) {
    throw new BuilderError(
      `engine(): grantTtlMs is ${String(grantTtlMs)}. It is a whole number of milliseconds, more than 0.`,
    );
  }
  // A chain that is not compiled may have anything there.
  if (store !== undefined && typeof store?.history?.read !== "function") {
    throw new BuilderError("engine(): store is no store, such as dynamodb({ … }).");
  }
  const keys = secretKeys(secret, scope);
  return {
    broker,
    keys,
    topics: new Topics(broker, keys),
    grantTtlMs,
    ...(store !== undefined && { store }),
    eventIds: new EventIds(() => Date.now()),
  };
}
