/**
 * For development and tests on one machine: an API Gateway WebSocket API and a DynamoDB.
 *
 * @packageDocumentation
 */

export type {
  AuthorizerEvent,
  AuthorizerResult,
  AuthorizerStatement,
  GatewayAuthorizer,
} from "./authorizer.ts";
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
export type { GatewayObservation, ManagementOperation, RouteKey } from "./observation.ts";
export type {
  GatewayHandler,
  GatewayHandlers,
  GatewayOptions,
  PostFault,
} from "./options.ts";
