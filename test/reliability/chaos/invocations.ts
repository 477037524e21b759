import type { WebSocketEvent } from "trpc-aws-subscriptions";

interface Frame {
  readonly id?: number;
  readonly method?: string;
}

interface Subscription {
  /** Invocations that speak of it. */
  underWay: number;
  isStopped: boolean;
}

/**
 * Knows when a subscription is over for the server: all invocations of its frames have ended, repeated ones included,
 * and that of the stop among them without an error.
 */
export class Invocations {
  readonly #subscriptions = new Map<string, Subscription>();
  /** Requests of a connection. A repeated invocation has the same one. */
  readonly #failed = new Map<string, Set<string>>();
  readonly #onOver: (subscription: string) => void;

  /** @param onOver - told of a subscription by `connection/id` */
  constructor(onOver: (subscription: string) => void) {
    this.#onOver = onOver;
  }

  /** A handler is about to be invoked. */
  begin(event: WebSocketEvent): void {
    for (const { name } of framesOf(event)) {
      const one = this.#subscriptions.get(name) ?? { underWay: 0, isStopped: false };
      one.underWay++;
      this.#subscriptions.set(name, one);
    }
  }

  /** A handler told of an error. */
  failed(event: WebSocketEvent): void {
    const { connectionId, requestId } = event.requestContext;
    const requests = this.#failed.get(connectionId) ?? new Set();
    this.#failed.set(connectionId, requests.add(requestId));
  }

  /** A handler has ended. */
  end(event: WebSocketEvent): void {
    const { connectionId, requestId } = event.requestContext;
    const isGood = this.#failed.get(connectionId)?.has(requestId) !== true;
    for (const { name, isStop } of framesOf(event)) {
      const one = this.#subscriptions.get(name);
      if (one === undefined) continue;
      one.underWay--;
      one.isStopped ||= isStop && isGood;
      if (one.underWay > 0 || !one.isStopped) continue;
      this.#subscriptions.delete(name);
      this.#onOver(name);
    }
  }

  /** Nothing of this connection matters any more. */
  forget(connection: string): void {
    this.#failed.delete(connection);
    for (const name of this.#subscriptions.keys()) {
      if (name.startsWith(`${connection}/`)) this.#subscriptions.delete(name);
    }
  }
}

/** The subscriptions that a client's frame speaks of. */
function framesOf(event: WebSocketEvent): { readonly name: string; readonly isStop: boolean }[] {
  if (!("body" in event) || !/^[[{]/.test(event.body ?? "")) return [];
  const frames = [JSON.parse(event.body ?? "")].flat() as readonly Frame[];
  return frames.flatMap(({ id, method }) =>
    id === undefined
      ? []
      : [
          {
            name: `${event.requestContext.connectionId}/${id}`,
            isStop: method === "subscription.stop",
          },
        ],
  );
}
