import { TransportError, type TransportFailure } from "../../../src/errors.ts";
import type { SubscriptionsEvent } from "../../../src/events/types.ts";
import { Fences } from "../../../src/publisher/fences.ts";
import type { Store } from "../../../src/store/types.ts";
import { type AudienceOptions, audience, joinAll } from "./audience.ts";

/** The event that could not be posted. */
export const at = { path: "p", eventId: "event 1" };

/** Fences of one publish to as many connections, and what they did, in order. */
export async function fencing(
  close: (connectionId: string, signal: AbortSignal) => unknown = () => undefined,
  { count = 1, ...options }: AudienceOptions & { readonly count?: number } = {},
) {
  const did: string[] = [];
  const told: SubscriptionsEvent[] = [];
  const noted = async (connectionId: string, signal: AbortSignal): Promise<void> => {
    did.push(`close ${connectionId}`);
    await close(connectionId, signal);
  };
  const disconnecting = (store: Store): Store => ({
    ...store,
    async disconnect(connectionId) {
      did.push(`disconnect ${connectionId}`);
      return store.disconnect(connectionId);
    },
  });
  const one = audience({
    history: {},
    close: noted,
    wrap: disconnecting,
    onEvent: (event) => void told.push(event),
    ...options,
  });
  await joinAll(one, count);
  return { ...one, fences: new Fences(one.context, at), did, told };
}

/** A close that fails. */
export const failing = (failure: TransportFailure) => () =>
  Promise.reject(new TransportError(failure, failure));
