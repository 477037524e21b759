import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { AnyTRPCRouter } from "@trpc/server";
import type { FanOutHandler } from "../../publisher/fanOutHandler.ts";
import type { StreamHandler } from "../../publisher/outbox/streamHandler.ts";
import type { OutboxReport, OutboxRoutes } from "../../publisher/outbox/types.ts";
import type { FanOutOptions } from "../../publisher/publisherOptions.ts";
import type { FanOutQueue } from "../../publisher/queue.ts";
import type {
  FanOutReport,
  PublishReport,
  PublishRoutes,
  ResumeOptions,
} from "../../publisher/types.ts";
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
import type { PostPath } from "./transport.ts";

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
  /**
   * A management client of your own, used instead of one made for `endpoint`. Give it 256 sockets, or as many as
   * `concurrency`, and `maxAttempts: 1`: what the SDK tries again itself holds a place meanwhile.
   */
  readonly client?: ApiGatewayManagementApiClient;
  /**
   * How posts reach API Gateway: by the client's `send`; or `signed` by the client's own signer and handed to its
   * request handler, which takes less than half the CPU and skips the client's middleware but for about one post a
   * second.
   *
   * @defaultValue "auto": `send` up to a hundred subscribers, `signed` for more, unless the client's `send`, middleware
   * or logger was changed by somebody (a mock, X-Ray)
   */
  readonly postPath?: PostPath;
  /**
   * The API whose connections are posted to, where `endpoint` does not tell: connections of another API or stage in the
   * same table are skipped.
   *
   * @defaultValue read from an `execute-api` endpoint; for other endpoints every connection in the table counts as ours
   */
  readonly api?: ApiReference;
}

/**
 * Options of `fanOutHandler()`. `deadlineMs` counts only where Lambda's context does not say how long is left.
 *
 * @typeParam TEvent - what the queue invokes its handler with
 * @typeParam TResult - what it wants as an answer
 * @category API Gateway
 */
export interface FanOutHandlerOptions<TEvent, TResult> extends Omit<PublisherOptions, "fanOut"> {
  /** The queue that the publishers send to. */
  readonly fanOut: FanOutQueue<TEvent, TResult>;
  /**
   * Subscribers that one message is for, at least 1. A worker takes whole pages of the table, of 250 and then some
   * 5,000 rows, until it has as many.
   *
   * @defaultValue 5,000
   */
  readonly recipientsPerMessage?: number;
  /** Called for each part of a publish that was posted. What it throws is dropped. */
  readonly onReport?: (report: FanOutReport) => void;
}

/**
 * Options of `streamHandler()`. `deadlineMs` counts only where Lambda's context does not say how long is left.
 *
 * @category API Gateway
 */
export interface StreamHandlerOptions extends Omit<PublisherOptions, "fanOut"> {
  /** Called for each event that was posted to everybody. What it throws is dropped. */
  readonly onReport?: (report: OutboxReport) => void;
}

/**
 * Writes events for the handler of the table's stream to post. Needs no endpoint, and no rights but to put rows.
 *
 * @category Publisher
 */
export interface Outbox<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter> {
  /** The router's subscriptions with history, each with `publish` and `transactItems`. */
  readonly routes: OutboxRoutes<TRouter["_def"]["record"], "", TFilters>;
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
  /**
   * Goes on with a publish that was cut: give it the report's `cursor`, here or in another process on the same table.
   * Each subscription is posted to once over all parts; a cursor that is given twice is posted twice. The body of a dead
   * letter of the `fanOut` queue is a cursor too; it is gone on with where its workers stopped.
   *
   * @throws {@link CursorError} when the cursor was changed, is of another table or namespace, or is older than 2 h 15 min
   * @throws {@link InvalidOptionError} for a `deadlineMs` or `signal` that is none
   * @throws {@link PartBusyError} for a dead letter that a worker has been given again
   */
  resume(cursor: string, options?: ResumeOptions): Promise<PublishReport>;
  /**
   * The point in the history that is now: give it to a client as `lastEventId` with a state that is read after this
   * call, and the subscription brings everything that the state has not.
   *
   * ```ts
   * const cursor = publisher.cursor();
   * return { cursor, messages: await readMessages() };
   * ```
   */
  cursor(): string;
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
  /**
   * The handler of the `$connect` route.
   *
   * @throws {@link BuilderError} for an unknown option, or `allowedOrigins` that no browser sends
   */
  connect(options?: ConnectOptions<TSession>): WebSocketHandler<WebSocketConnectEvent>;
  /**
   * The handler of the `$disconnect` route.
   *
   * @throws {@link BuilderError} for an unknown option
   */
  disconnect(options?: DisconnectOptions): WebSocketHandler<WebSocketDisconnectEvent>;
  /**
   * The handler of the `$default` route: every frame of a client.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   * @throws {@link BuilderError} for an unknown option, or a number among them that is none, or too small
   */
  handler(options?: HandlerOptions<TRouter, TSession>): WebSocketHandler<WebSocketMessageEvent>;
  /**
   * One handler for all three routes, told apart by `eventType`: one function to deploy and to keep warm.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   * @throws {@link BuilderError} for an unknown option, or a number among them that is none, or too small
   */
  webSocketHandler(
    options?: WebSocketHandlerOptions<TRouter, TSession>,
  ): WebSocketHandler<WebSocketEvent>;
  /**
   * Sends to subscribers from any backend code.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   * @throws {@link BuilderError} for an unknown option, or a limit that is no number
   */
  publisher(options: PublisherOptions): Publisher<TRouter, TFilters>;
  /**
   * The handler that consumes the queue of `publisher({ fanOut })`, for example of SQS. Give the queue a visibility
   * timeout of six times the function's own, a dead-letter queue, and report batch item failures.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   * @throws {@link BuilderError} for an unknown option, or a limit that is no number
   */
  fanOutHandler<TEvent, TResult>(
    options: FanOutHandlerOptions<TEvent, TResult>,
  ): FanOutHandler<TEvent, TResult>;
  /**
   * Publishes without posting: an event is a write, which may be part of a transaction of yours, and the handler of the
   * table's stream posts it. Nothing is lost with a process that dies.
   *
   * @throws {@link BuilderError} for a store without a stream
   */
  outbox(): Outbox<TRouter, TFilters>;
  /**
   * The handler of the table's stream: posts what `outbox()` wrote, in the order of the writes for each filter. The
   * stream has the view type `NEW_IMAGE`; its event source mapping reports batch item failures and starts at
   * `TRIM_HORIZON`.
   *
   * @throws {@link InvalidEndpointError} for an `endpoint` that is no URL to post to
   * @throws {@link BuilderError} for an unknown option, or a limit that is no number, or a store without a stream
   */
  streamHandler(options: StreamHandlerOptions): StreamHandler;
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
