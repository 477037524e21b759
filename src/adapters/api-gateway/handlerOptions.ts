import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { AnyTRPCRouter, inferRouterContext, TRPCError, TRPCProcedureType } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { ConnectionParams } from "../../store/types.ts";
import type { LambdaContext, WebSocketEvent, WebSocketMessageEvent } from "./event.ts";

/** What `createContext` knows of the connection a frame came over. */
export interface ConnectionInfo<TSession> {
  /** API Gateway's connection id. Never show it to other clients. */
  readonly id: string;
  readonly connectedAt: Date;
  /** What `authorize` of `connect()` returned; `undefined` without it. */
  readonly session: TSession;
  /** tRPC `connectionParams`; `null` when the client has none. */
  readonly connectionParams: ConnectionParams;
}

/** What `createContext` is given, once for each frame. */
export interface CreateContextOptions<TSession> {
  /** The `$default` event. It has no headers and no query string: those exist on `$connect` alone. */
  readonly event: WebSocketMessageEvent;
  readonly context: LambdaContext | undefined;
  readonly connection: ConnectionInfo<TSession>;
  readonly info: TRPCRequestInfo;
}

/** tRPC's `onError`, with the event as `req`. */
export type HandlerErrorHandler<TContext> = (failure: {
  readonly error: TRPCError;
  readonly type: TRPCProcedureType | "unknown";
  readonly path: string | undefined;
  readonly input: unknown;
  readonly ctx: TContext | undefined;
  readonly req: WebSocketEvent;
}) => void;

/**
 * Options of `handler()`.
 *
 * @category API Gateway
 */
export interface HandlerOptions<TRouter extends AnyTRPCRouter, TSession> {
  /**
   * Makes the context of the procedures, once for each frame of a client; not for `PING` and `subscription.stop`. When
   * it throws, each request of the frame is answered with the error.
   *
   * @defaultValue the session that `authorize` returned, or else what the Lambda authorizer of `$connect` returned
   * (`requestContext.authorizer`), or else `{}`. Leave it out for that: `undefined` is refused
   */
  readonly createContext?: (
    options: CreateContextOptions<TSession>,
  ) => inferRouterContext<TRouter> | Promise<inferRouterContext<TRouter>>;
  /**
   * Management endpoint to reply through, for example `https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod`.
   * Needed where the default endpoint is disabled, or in a VPC.
   *
   * @defaultValue the environment's `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, or else built from the event's API id
   * and stage and the Lambda's region
   */
  readonly endpoint?: string;
  /** A management client of your own, used instead of one made for `endpoint`. */
  readonly client?: ApiGatewayManagementApiClient;
  /**
   * Called for every error sent to a client, and for what failed while answering. What it throws is dropped.
   */
  readonly onError?: HandlerErrorHandler<inferRouterContext<TRouter>>;
  /**
   * Sends stack traces to clients. tRPC's own `isDev` is not asked: it is on wherever `NODE_ENV` is not "production",
   * and on Lambda it is not set.
   *
   * @defaultValue false
   */
  readonly exposeStackTraces?: boolean;
  /**
   * Messages one frame may hold, at least 1; each request beyond is answered with BAD_REQUEST. A reconnecting client
   * sends all its subscriptions in one frame.
   *
   * @defaultValue 200: twice the subscriptions a connection may have
   */
  readonly maxBatchSize?: number;
  /**
   * Time a request waits for `connectionParams` that were announced but have not arrived, in milliseconds, 0 or more; at
   * most until the end of the invocation.
   *
   * @defaultValue 3,000
   */
  readonly connectionParamsTimeoutMs?: number;
  /**
   * Age of a connection, in milliseconds, from which on a client that connected with `handOver=1` in its query string is
   * asked to move to another socket, in answer to a `PING`: before API Gateway cuts it after two hours. `Infinity` asks
   * nobody. Only for tRPC clients of 11.25 and later; earlier ones open sockets without end.
   *
   * @defaultValue 6,600,000: 1 h 50 min, which leaves time for the next `PING` of a client that sends one every five
   */
  readonly handOverAfterMs?: number;
}

/** {@link HandlerOptions} of whatever router. */
export type CreateHandlerOptions = HandlerOptions<AnyTRPCRouter, unknown>;
