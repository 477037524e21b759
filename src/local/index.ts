/**
 * For development and tests on one machine: an API Gateway WebSocket API, a DynamoDB and its stream, and an SQS queue; and a
 * view of what is in a table, wherever that is.
 *
 * @packageDocumentation
 */

export type { RouteKey } from "../gateway/observation.ts";
export type { GatewayHandler, GatewayHandlers } from "../gateway/settings.ts";
// What is in the table
export { explainPublish } from "../inspect/explain.ts";
export { type InspectTableOptions, inspectTable } from "../inspect/inspectTable.ts";
export type * from "../inspect/types.ts";
export type * from "../store/readKeys.ts";
export type {
  AuthorizerEvent,
  AuthorizerResult,
  AuthorizerStatement,
  GatewayAuthorizer,
} from "./authorizer.ts";
export type { BatchCrash } from "./batchInvocation.ts";
// DynamoDB
export {
  DynamoDBNotFoundError,
  type KeyAttribute,
  type LocalDynamoDB,
  type LocalDynamoDBClientConfig,
  startDynamoDB,
  type TableDefinition,
} from "./dynamodb.ts";
// The gateway
export { type Gateway, startGateway } from "./gateway.ts";
export type { GatewayObservation, ManagementOperation } from "./observation.ts";
export type { GatewayOptions, PostFault } from "./options.ts";
// The queue
export { type LocalQueue, type LocalQueueClientConfig, startQueue } from "./queue.ts";
export type { QueueEvent, QueueRecord } from "./queueEvent.ts";
export type { DeadLetter } from "./queueMessages.ts";
export type { QueueObservation } from "./queueObservation.ts";
export type { QueueCrash, QueueHandler, QueueOptions, SendFault } from "./queueOptions.ts";
// The table's stream
export { type LocalStream, startStream } from "./stream.ts";
export type {
  StreamAttributeValue,
  StreamEvent,
  StreamImage,
  StreamRecord,
} from "./streamEvent.ts";
export type { DiscardedBatch, StreamObservation } from "./streamObservation.ts";
export type { StreamCrash, StreamHandler, StreamOptions } from "./streamOptions.ts";
