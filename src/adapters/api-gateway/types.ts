import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { AnyTRPCRouter } from "@trpc/server";
import type { FanOutOptions } from "../../publisher/publisherOptions.ts";
import type { PublishRoutes } from "../../publisher/types.ts";
import type { ApiReference } from "../../store/types.ts";
import type { EngineTypes, FiltersOf, RouterOf } from "../../subscriptions/engine.ts";
import type { AnyFilter } from "../../subscriptions/routes.ts";
import type { ConnectOptions } from "./connect.ts";
import type { DisconnectOptions } from "./disconnect.ts";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketEvent,
  WebSocketHandler,
  WebSocketMessageEvent,
} from "./event.ts";
import type { HandlerOptions } from "./handlerOptions.ts";

/**
 * Options of `publisher()`.
 *
 * @category API Gateway
 */
export interface PublisherOptions extends FanOutOptions {
  /**
   * Management endpoint of the API and stage that clients are connected to, for example
   * `https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod`. Behind a custom domain it still is this one,
   * unless the default endpoint is disabled.
   */
  readonly endpoint: string;
  /** A management client of your own, used instead of one made for `endpoint`. Give it as many sockets as `concurrency`. */
  readonly client?: ApiGatewayManagementApiClient;
  /**
   * The API whose connections are posted to, where `endpoint` does not tell: connections of another API or stage in the
   * same table are skipped.
   *
   * @defaultValue read from an `execute-api` endpoint; for other endpoints every connection in the table counts as ours
   */
  readonly api?: ApiReference;
}

/**
 * A typed publisher. Keep one for the life of the process: it holds a client with its sockets, and nothing else.
 *
 * @category Publisher
 */
export interface Publisher<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter> {
  /** The router's subscriptions made by `resolver()`, each with `publish`, `complete`, `count` and `disconnect`. */
  readonly routes: PublishRoutes<TRouter["_def"]["record"], "", TFilters>;
  /**
   * Revokes one connection: its subscriptions are gone when this resolves, and its socket is closed.
   *
   * @throws {@link TransportError} when the socket could not be closed; its subscriptions are gone nevertheless
   */
  disconnect(connectionId: string): Promise<void>;
}

/**
 * What a chain with a store ends in: the Lambda handlers of an API Gateway WebSocket API, and the publisher.
 *
 * @category API Gateway
 */
export interface ApiGatewayHandlers<
  TRouter extends AnyTRPCRouter,
  TFilters extends AnyFilter,
  TSession,
> {
  /** The handler of the `$connect` route. */
  connect(options?: ConnectOptions<TSession>): WebSocketHandler<WebSocketConnectEvent>;
  /** The handler of the `$disconnect` route. */
  disconnect(options?: DisconnectOptions): WebSocketHandler<WebSocketDisconnectEvent>;
  /**
   * The handler of the `$default` route: every frame of a client.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   */
  handler(options?: HandlerOptions<TRouter, TSession>): WebSocketHandler<WebSocketMessageEvent>;
  /**
   * One handler for all three routes, told apart by `eventType`: one function to deploy and to keep warm.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   */
  webSocketHandler(
    options?: WebSocketHandlerOptions<TRouter, TSession>,
  ): WebSocketHandler<WebSocketEvent>;
  /**
   * Sends to subscribers from any backend code.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   * @throws {@link BuilderError} for a limit that is no number
   */
  publisher(options: PublisherOptions): Publisher<TRouter, TFilters>;
}

/** Options of `webSocketHandler()`: those of `connect()` and `handler()`. */
export type WebSocketHandlerOptions<TRouter extends AnyTRPCRouter, TSession> = Omit<
  ConnectOptions<TSession>,
  "onError"
> &
  HandlerOptions<TRouter, TSession>;

/** Types of the API Gateway engine. */
export interface ApiGatewayTypes extends EngineTypes {
  readonly handlers: ApiGatewayHandlers<RouterOf<this>, FiltersOf<this>, this["session"]>;
}
