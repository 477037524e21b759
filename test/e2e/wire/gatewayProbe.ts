import type { WebSocketEvent, WebSocketMessageEvent } from "trpc-aws-subscriptions";
import type { GatewayObservation, GatewayOptions } from "trpc-aws-subscriptions/local";
import { deferred } from "../deferred.ts";

/** An invocation that waits for its release. */
export interface Held {
  /** Resolves with the event once the gateway is about to invoke the handler. */
  readonly arrived: Promise<WebSocketEvent>;
  /** Lets it start; resolves when the handler has ended. */
  release(): Promise<void>;
  /** Lets it start; resolves at once. */
  open(): void;
}

/** What happened in a gateway, and the order in which it may happen. */
export interface GatewayProbe {
  /** Options for `serve({ gateway })`. */
  readonly gateway: Required<Pick<GatewayOptions, "onEvent" | "delay">>;
  readonly observations: readonly GatewayObservation[];
  /** The event of every invocation, in the order they came. */
  readonly events: readonly WebSocketEvent[];
  /** Holds the next invocation whose event matches; each hold takes one. */
  hold(matches: (event: WebSocketEvent) => boolean): Held;
  /** Resolves with the first observation, past or future, that matches; with `count`, with that one of them. */
  until<TType extends GatewayObservation["type"]>(
    type: TType,
    matches?: (observation: Extract<GatewayObservation, { type: TType }>) => boolean,
    count?: number,
  ): Promise<Extract<GatewayObservation, { type: TType }>>;
}

interface Hold {
  readonly matches: (event: WebSocketEvent) => boolean;
  readonly arrive: (event: WebSocketEvent) => void;
  readonly opened: Promise<void>;
}

/** Makes the probe of one gateway. */
export function gatewayProbe(): GatewayProbe {
  const observations: GatewayObservation[] = [];
  const events: WebSocketEvent[] = [];
  const holds = new Set<Hold>();
  const checks = new Set<() => void>();
  const until: GatewayProbe["until"] = (type, matches = () => true, count = 1) =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = observations.filter((one) => one.type === type && matches(one as never));
        const last = found[count - 1];
        if (last === undefined) return;
        checks.delete(check);
        resolve(last as never);
      };
      checks.add(check);
      check();
    });
  return {
    observations,
    events,
    until,
    gateway: {
      onEvent(observation) {
        observations.push(observation);
        for (const check of [...checks]) check();
      },
      delay(event) {
        events.push(event);
        const hold = [...holds].find(({ matches }) => matches(event));
        if (hold === undefined) return undefined;
        holds.delete(hold);
        hold.arrive(event);
        return hold.opened;
      },
    },
    hold(matches) {
      const arrived = deferred<WebSocketEvent>();
      const opened = deferred();
      holds.add({ matches, arrive: arrived.resolve, opened: opened.promise });
      return {
        arrived: arrived.promise,
        open: opened.resolve,
        async release() {
          const { requestContext } = await arrived.promise;
          opened.resolve();
          await until("invoked", ({ requestId }) => requestId === requestContext.requestId);
        },
      };
    },
  };
}

/** Matches the invocation of a route. */
export function onRoute(eventType: "CONNECT" | "DISCONNECT"): (event: WebSocketEvent) => boolean {
  return ({ requestContext }) => requestContext.eventType === eventType;
}

/** Matches the invocation for a frame of one message with this method, and this id if given. */
export function onMethod(
  method: string,
  id?: string | number,
): (event: WebSocketEvent) => event is WebSocketMessageEvent {
  return (event): event is WebSocketMessageEvent => {
    const body = "body" in event ? (event.body ?? "") : "";
    if (!body.startsWith("{")) return false;
    const message: { method?: unknown; id?: unknown } = JSON.parse(body);
    return message.method === method && (id === undefined || message.id === id);
  };
}
