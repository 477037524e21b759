import { apiGateway } from "./adapters/api-gateway/engine.ts";
import type { ApiGatewayTypes } from "./adapters/api-gateway/types.ts";
import { createInitSubscriptions, type InitSubscriptions } from "./subscriptions/builder.ts";

/**
 * Starts the chain: `initSubscriptions()` -> `router` -> `store` -> `filter` -> handlers and publisher.
 *
 * @category Chain
 */
export const initSubscriptions: InitSubscriptions<ApiGatewayTypes> =
  createInitSubscriptions(apiGateway);

// --- The chain ---

export type { App } from "./subscriptions/app.ts";
export type { RouteTypes, RouteTypesOf, SubscriptionBrand } from "./subscriptions/brand.ts";
export type { InitSubscriptions, InitSubscriptionsOptions } from "./subscriptions/builder.ts";
export type * from "./subscriptions/chain.ts";
export type * from "./subscriptions/declaration.ts";
export type * from "./subscriptions/engine.ts";
export type * from "./subscriptions/routes.ts";

// --- What happens ---

export type * from "./events/broadcastTypes.ts";
export type * from "./events/types.ts";

// --- Resolvers ---

export type * from "./subscriptions/createResolver.ts";
export type { HistoryOptions } from "./subscriptions/history.ts";
export type {
  Drop,
  NamedCtx,
  NamesExactly,
  OnDataOptions,
  OnGapOptions,
  OnStartOptions,
  OnStopOptions,
  RouteHooks,
  WithHistory,
  WithoutHistory,
} from "./subscriptions/hooks.ts";
export { drop } from "./subscriptions/hooks.ts";
export type * from "./subscriptions/standardSchema.ts";
export type * from "./subscriptions/subscriptionResolver.ts";

// --- Store ---

export { type DynamoDBStoreOptions, dynamodb } from "./store/dynamodb/dynamodb.ts";
export { type TableDefinition, table } from "./store/dynamodb/table.ts";
export type { FilterScalar } from "./store/filterKeys.ts";
export type * from "./store/types.ts";

// --- API Gateway ---

export type {
  Authorized,
  AuthorizeOptions,
  ConnectOptions,
} from "./adapters/api-gateway/connect.ts";
export type { DisconnectOptions } from "./adapters/api-gateway/disconnect.ts";
export type * from "./adapters/api-gateway/event.ts";
export type {
  ConnectionInfo,
  CreateContextOptions,
  HandlerErrorHandler,
  HandlerOptions,
} from "./adapters/api-gateway/handlerOptions.ts";
export type {
  ApiGatewayHandlers,
  ApiGatewayTypes,
  FanOutHandlerOptions,
  Outbox,
  Publisher,
  PublisherOptions,
  StreamHandlerOptions,
  WebSocketHandlerOptions,
} from "./adapters/api-gateway/types.ts";

// --- Engines of brokers ---

export type * from "./broadcast/broadcastEngine.ts";
export { createBroadcastEngine } from "./broadcast/broadcastEngine.ts";
export type * from "./broadcast/broker.ts";
export { LONGEST_TOPIC_LEVELS } from "./broadcast/broker.ts";
export type { BroadcastSecret } from "./broadcast/secret.ts";
export type { GrantClaims, VerifyGrant } from "./broadcast/token.ts";
export type * from "./broadcast/types.ts";
export type { Grant, GrantRequest } from "./protocol/broadcast.ts";

// --- Publisher ---

export type { FanOutHandler } from "./publisher/fanOutHandler.ts";
export type * from "./publisher/historyTypes.ts";
export type { StreamEvent, StreamHandler } from "./publisher/outbox/streamHandler.ts";
export type * from "./publisher/outbox/types.ts";
export type { FanOutOptions, PublisherErrorHandler } from "./publisher/publisherOptions.ts";
export type * from "./publisher/queue.ts";
export type * from "./publisher/types.ts";

// --- Errors ---

export * from "./errors/broadcast.ts";
export * from "./errors/fanOut.ts";
export * from "./errors/history.ts";
export * from "./errors/stream.ts";
export {
  BuilderError,
  InvalidDataError,
  InvalidEndpointError,
  InvalidFilterError,
  InvalidOptionError,
  isSubscriptionsError,
  PayloadTooLargeError,
  SubscriptionsError,
  type SubscriptionsErrorCode,
  TableError,
  TransportError,
  type TransportFailure,
  WrongEndpointError,
} from "./errors.ts";
