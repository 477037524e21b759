import { counting } from "../../events/observer.ts";
import { MAX_TIMER_MS } from "../../protocol/limits.ts";
import { endConnection, type Report } from "../../publisher/endConnection.ts";
import type { App } from "../../subscriptions/app.ts";
import type { WebSocketDisconnectEvent, WebSocketHandler } from "./event.ts";
import { connectionIdOf } from "./eventParts.ts";
import type { HandlerErrorHandler } from "./handlerOptions.ts";
import { withInvocationDeadline } from "./invocation.ts";
import { reportersOf } from "./reportError.ts";

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
  return async (event, lambdaContext) => {
    const reporting = { step: "disconnect", onError: options.onError } as const;
    const { reportError, observer } = reportersOf(app, reporting, event);
    try {
      const connectionId = connectionIdOf(event, "DISCONNECT");
      const report: Report = (error, { path }) =>
        reportError(error, path === undefined ? {} : { path, type: "subscription" });
      const subscriptions = await counting(observer, () =>
        withInvocationDeadline(lambdaContext, ({ reply: signal }) => {
          const limit = { timeoutMs: MAX_TIMER_MS, signal };
          return endConnection(app, connectionId, { report, limit });
        }),
      );
      observer?.tell({
        type: "disconnected",
        connectionId,
        subscriptions,
        durationMs: observer.durationMs,
      });
      return { statusCode: 200 };
    } catch (error) {
      reportError(error);
      return { statusCode: 500 };
    }
  };
}
