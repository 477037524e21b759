import type { WebSocketEvent } from "../../adapters/api-gateway/event.ts";
import type { GatewayHandler, GatewayHandlers } from "../../gateway/settings.ts";

/** Frames shown in a message are cut here. */
const SHOWN_LENGTH = 120;

/** The invocations that have not ended, for messages. */
export class UnderWay {
  readonly #events = new Set<WebSocketEvent>();

  /** The handlers, watched. */
  watched(handlers: Required<GatewayHandlers>): Required<GatewayHandlers> {
    return {
      connect: this.#watched(handlers.connect),
      default: this.#watched(handlers.default),
      disconnect: this.#watched(handlers.disconnect),
    };
  }

  /** One line for each, oldest first. */
  list(): readonly string[] {
    return [...this.#events].map((event) => {
      const { routeKey, connectionId } = event.requestContext;
      const frame = "body" in event ? ` ${String(event.body).slice(0, SHOWN_LENGTH)}` : "";
      return `${routeKey} of ${connectionId}${frame}`;
    });
  }

  #watched<TEvent extends WebSocketEvent>(handler: GatewayHandler<TEvent>): GatewayHandler<TEvent> {
    return async (event, context) => {
      this.#events.add(event);
      try {
        return await handler(event, context);
      } finally {
        this.#events.delete(event);
      }
    };
  }
}
