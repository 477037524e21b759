import type { AnyTRPCRouter } from "@trpc/server";
import type { FanOutHandler } from "../../../publisher/fanOutHandler.ts";
import type { StreamHandler } from "../../../publisher/outbox/streamHandler.ts";
import type { FanOutOptions } from "../../../publisher/publisherOptions.ts";
import type { EngineTypes, FiltersOf, RouterOf } from "../../../subscriptions/engine.ts";
import type { AnyFilter } from "../../../subscriptions/routes.ts";
import type { ConnectOptions } from "../../api-gateway/connect.ts";
import type { DisconnectOptions } from "../../api-gateway/disconnect.ts";
import type { LambdaContext } from "../../api-gateway/event.ts";
import type { HandlerOptions } from "../../api-gateway/handlerOptions.ts";
import type {
  FanOutHandlerOptions,
  Outbox,
  Publisher,
  StreamHandlerOptions,
} from "../../api-gateway/types.ts";
import type { IotDataPlaneOptions } from "../dataPlane.ts";
import type { IotAuthorizer } from "../event.ts";
import type { IotDirectRules } from "./events.ts";

/** What of API Gateway's options is for its management API. */
type Endpoint = "api" | "client" | "endpoint" | "postPath";

/** Options of `handler()`. */
export type IotDirectHandlerOptions<TRouter extends AnyTRPCRouter, TSession> = Omit<
  HandlerOptions<TRouter, TSession>,
  Endpoint | "handOverAfterMs"
> &
  IotDataPlaneOptions;

/** Options of `publisher()`. */
export interface IotDirectPublisherOptions extends FanOutOptions, IotDataPlaneOptions {}

/** Options of `fanOutHandler()`. */
export type IotDirectFanOutHandlerOptions<TEvent, TResult> = Omit<
  FanOutHandlerOptions<TEvent, TResult>,
  Endpoint
> &
  IotDataPlaneOptions;

/** Options of `streamHandler()`. */
export type IotDirectStreamHandlerOptions = Omit<StreamHandlerOptions, Endpoint> &
  IotDataPlaneOptions;

/** A Lambda handler behind a topic rule. */
export type IotDirectHandler = (event: unknown, context?: LambdaContext) => Promise<void>;

/** The steps of a chain that ends in IoT Core with direct delivery. */
export interface IotDirectHandlers<
  TRouter extends AnyTRPCRouter,
  TFilters extends AnyFilter,
  TSession,
> {
  /**
   * Makes the Lambda of the custom authorizer. It decides who may connect, as `connect()` of API Gateway does, with the
   * same options, and stores the connection: `authorize` is given what IoT Core tells of the handshake as the `$connect`
   * event of a WebSocket API.
   *
   * @throws {@link BuilderError} for an unknown option, or `allowedOrigins` that no browser sends
   */
  authorizer(options?: ConnectOptions<TSession>): IotAuthorizer;
  /**
   * Makes the Lambda of the topic rule with the SQL `rules().handler`, for every frame of a client. `createContext` is
   * given it as the `$default` event of a WebSocket API.
   *
   * IoT Core may bring a frame twice. A subscription does not mind; a query or mutation then runs twice, so send those by
   * HTTP.
   *
   * The handler rejects with {@link RuleEventError} for an event that is none of its rule.
   *
   * @throws {@link BuilderError} for an unknown option, or a number among them that is none, or too small
   */
  handler(options?: IotDirectHandlerOptions<TRouter, TSession>): IotDirectHandler;
  /**
   * Makes the Lambda of the topic rule with the SQL `rules().disconnect`. IoT Core may leave one out: what it misses, a
   * publish or the table's TTL removes.
   */
  disconnect(options?: DisconnectOptions): IotDirectHandler;
  /** What the topic rules in front of the handlers need. */
  rules(): IotDirectRules;
  /**
   * Sends to subscribers from any backend code. It needs `iot:SendDirectMessage` and `iot:DeleteConnection` on
   * `client/<prefix>-*`, with dashes between the levels.
   *
   * @throws {@link BuilderError} for an unknown option, or a limit that is no number
   */
  publisher(options?: IotDirectPublisherOptions): Publisher<TRouter, TFilters>;
  /**
   * The handler that consumes the queue of `publisher({ fanOut })`.
   *
   * @throws {@link BuilderError} for an unknown option, or a limit that is no number
   */
  fanOutHandler<TEvent, TResult>(
    options: IotDirectFanOutHandlerOptions<TEvent, TResult>,
  ): FanOutHandler<TEvent, TResult>;
  /**
   * Publishes without posting: an event is a write, and the handler of the table's stream posts it.
   *
   * @throws {@link BuilderError} for a store without a stream
   */
  outbox(): Outbox<TRouter, TFilters>;
  /**
   * The handler of the table's stream: posts what `outbox()` wrote.
   *
   * @throws {@link BuilderError} for an unknown option, a limit that is no number, or a store without a stream
   */
  streamHandler(options?: IotDirectStreamHandlerOptions): StreamHandler;
}

/** Types of the engine. */
export interface IotDirectTypes extends EngineTypes {
  readonly handlers: IotDirectHandlers<RouterOf<this>, FiltersOf<this>, this["session"]>;
}
