import { endConnection } from "../../publisher/endConnection.ts";
import type { App } from "../../subscriptions/app.ts";
import type { WebSocketDisconnectEvent, WebSocketHandler } from "./event.ts";
import { connectionIdOf } from "./eventParts.ts";
import type { HandlerErrorHandler } from "./handlerOptions.ts";
import { errorReporter } from "./reportError.ts";

/**
 * Options of `disconnect()`.
 *
 * @category API Gateway
 */
export interface DisconnectOptions {
  /** Called for what failed while cleaning up, hooks included. What it throws is dropped. */
  readonly onError?: HandlerErrorHandler<unknown>;
}

/** The `$disconnect` handler. API Gateway calls it at best effort; what it misses, a 410 at publish or the TTL removes. */
export function createDisconnectHandler(
  app: App,
  options: DisconnectOptions,
): WebSocketHandler<WebSocketDisconnectEvent> {
  return async (event) => {
    const reportError = errorReporter(options.onError, event);
    try {
      await endConnection(app, connectionIdOf(event, "DISCONNECT"), (error, { path }) =>
        reportError(error, path === undefined ? {} : { path, type: "subscription" }),
      );
      return { statusCode: 200 };
    } catch (error) {
      reportError(error);
      return { statusCode: 500 };
    }
  };
}
