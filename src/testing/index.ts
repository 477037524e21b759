/**
 * For unit tests of your own handlers and publishers, without AWS and without a socket.
 *
 * @packageDocumentation
 */

// A store
export { type MemoryStore, type MemoryStoreOptions, memory } from "../store/memory.ts";
// Events of API Gateway
export {
  type ConnectEventOptions,
  connectEvent,
  disconnectEvent,
  type EventOptions,
  messageEvent,
} from "./events.ts";
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
