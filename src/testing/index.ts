/**
 * For tests of your own handlers and publishers, without AWS. Only the emulators of brokers have sockets.
 *
 * @packageDocumentation
 */

// A broker
export type * from "../adapters/iot-core/event.ts";
// An app in memory
export { ConnectionRefusedError, NotReceivedError, TestGatewayError } from "../errors/testing.ts";
// A store
export { type MemoryStore, type MemoryStoreOptions, memory } from "../store/memory.ts";
// AppSync Events
export type { AppSyncEventsObservation } from "./appsync-events/observation.ts";
export type {
  AppSyncAuthMode,
  AppSyncEventsOptions,
  AppSyncLambdaAuthorizer,
  AppSyncNamespace,
  AppSyncPublishFault,
} from "./appsync-events/options.ts";
export {
  type AppSyncEventsEmulator,
  startAppSyncEvents,
} from "./appsync-events/startAppSyncEvents.ts";
// A broker in memory
export { memoryBroker } from "./broker/memoryBroker.ts";
export type {
  MemoryBroker,
  MemoryBrokerOptions,
  MemoryBrokerTypes,
  MemoryHandlers,
} from "./broker/types.ts";
// Events of API Gateway
export {
  type ConnectEventOptions,
  connectEvent,
  disconnectEvent,
  type EventOptions,
  messageEvent,
} from "./events.ts";
export { createTestGateway } from "./gateway/createTestGateway.ts";
export type { WaitOptions } from "./gateway/feed.ts";
export type { ReportedError } from "./gateway/handlers.ts";
export type {
  TestableChain,
  TestGatewayOptions,
  TestHandshakeOptions,
  TypesOf,
} from "./gateway/options.ts";
export type { StockClient, TestConnectionParams, WebSocketClass } from "./gateway/stockClient.ts";
export type {
  DataOf,
  InputArguments,
  Subscribable,
  TestSubscription,
} from "./gateway/subscription.ts";
export type {
  ClientSocket,
  CreatedClient,
  DropOptions,
  TestConnection,
} from "./gateway/testConnection.ts";
export type {
  TestClientOptions,
  TestConnectOptions,
  TestGateway,
} from "./gateway/testGateway.ts";
export type { IotCoreObservation } from "./iot-core/observation.ts";
export type { IotCoreOptions, LocalTopicRule } from "./iot-core/options.ts";
export type { IotAction } from "./iot-core/policy.ts";
export {
  type LocalIotClientConfig,
  type LocalIotCore,
  startIotCore,
} from "./iot-core/startIotCore.ts";
// Its management API
export {
  type Post,
  type RecordingClient,
  type RecordingClientOptions,
  recordingClient,
} from "./recordingClient.ts";
// The contract of stores
export {
  type StoreContractOptions,
  type StoreUnderTest,
  type StoreUnderTestOptions,
  storeContract,
} from "./storeContract.ts";
