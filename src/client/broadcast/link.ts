import type { OperationResultEnvelope, TRPCClientError, TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { GRANT_PROCEDURE } from "../../protocol/broadcast.ts";
import type { ClientBroker } from "./broker.ts";
import type { BroadcastLinkEvent, TellLinkEvent } from "./events.ts";
import { clientError, toError } from "./failure.ts";
import { askGrant } from "./grants.ts";
import { Hub } from "./hub.ts";
import type { BroadcastLink, BroadcastLinkOptions } from "./options.ts";
import type { Sink } from "./sink.ts";
import { Subscriber, type SubscriberHost } from "./subscriber.ts";

const DEFAULTS = {
  grantPath: GRANT_PROCEDURE,
  renewBeforeMs: 60_000,
  overlapMs: 5_000,
  timeoutMs: 10_000,
  backOffMs: [5_000, 15_000, 30_000, 60_000],
} as const;

/** What a link and its clients share. */
interface Shared {
  /** Of clients that subscribe: a server may make a client for each request. */
  readonly hubs: Set<Hub>;
  readonly host: SubscriberHost;
}

/**
 * Makes the link of a broker. It asks for a grant, subscribes to the topics in it, and gives tRPC's client what `wsLink`
 * would: connection states, `started`, data with the ids of `tracked()`.
 */
export function createBroadcastLink<TRouter extends AnyTRPCRouter>(
  broker: ClientBroker,
  options: BroadcastLinkOptions<TRouter>,
): BroadcastLink<TRouter> {
  const { http, grantPath = DEFAULTS.grantPath, ...settings } = options;
  const listeners = new Set<TellLinkEvent>();
  const host = hostOf(options, listeners);
  const shared: Shared = { hubs: new Set(), host };
  const link: TRPCLink<TRouter> = (runtime) => {
    const ask = http(runtime);
    const hub: Hub = new Hub({
      ...DEFAULTS,
      ...defined(settings),
      broker,
      ask: ({ op }, signal, lastEventId) => askGrant(ask, grantPath, { op, signal, lastEventId }),
      tell: host.tell,
      report: host.report,
      onIdle: () => shared.hubs.delete(hub),
    });
    return ({ op }) =>
      observable<
        OperationResultEnvelope<unknown, TRPCClientError<TRouter>>,
        TRPCClientError<TRouter>
      >((observer) => {
        if (op.type !== "subscription") {
          throw new TypeError(
            `The link to ${broker.name} carries subscriptions alone. Send each ${op.type} by another link, with splitLink.`,
          );
        }
        const subscriber = new Subscriber(op, observer as Sink, host);
        shared.hubs.add(hub);
        hub.add(subscriber);
        return () => hub.remove(subscriber);
      });
  };
  return Object.assign(link, {
    onEvent(listener: (event: BroadcastLinkEvent) => void) {
      // A function of its own, so that one that is given twice is ended once.
      const own: TellLinkEvent = (event) => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    renew() {
      for (const hub of shared.hubs) hub.renew();
    },
    close() {
      for (const hub of shared.hubs) hub.close();
    },
  });
}

function hostOf<TRouter extends AnyTRPCRouter>(
  options: BroadcastLinkOptions<TRouter>,
  listeners: ReadonlySet<TellLinkEvent>,
): SubscriberHost {
  const { onError } = options;
  const throwLater = (error: unknown): void => {
    setTimeout(() => {
      throw error;
    });
  };
  const hand = (error: unknown): void => {
    try {
      onError?.(clientError(toError(error)));
    } catch (thrown) {
      throwLater(thrown);
    }
  };
  const reportThrown = (error: unknown): void => {
    if (onError === undefined) throwLater(error);
    else hand(error);
  };
  return {
    deserialize: deserializer(options),
    report: hand,
    reportThrown,
    tell(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          reportThrown(error);
        }
      }
    },
  };
}

/** As tRPC's links read their `transformer`: one for both directions, or one for each. */
function deserializer(options: object): (value: unknown) => unknown {
  const transformer: unknown = Reflect.get(options, "transformer");
  // superjson is a class, so a function.
  const isGiven = typeof transformer === "object" || typeof transformer === "function";
  if (!isGiven || transformer === null) return (value) => value;
  const output: object =
    "output" in transformer ? (transformer.output as object) : (transformer as object);
  return (value) => (output as { deserialize(value: unknown): unknown }).deserialize(value);
}

/** Settings that are there; an `undefined` is none. */
function defined<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
