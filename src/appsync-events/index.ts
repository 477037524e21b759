/**
 * The engine of AppSync Events: one publish for any number of listeners.
 *
 * @packageDocumentation
 */

export type {
  AppSyncAuthorizer,
  AppSyncAuthorizerOptions,
} from "../adapters/appsync-events/authorizer.ts";
export {
  type AppSyncHandlers,
  type AppSyncOptions,
  type AppSyncTypes,
  appsync,
} from "../adapters/appsync-events/engine.ts";
export type * from "../adapters/appsync-events/event.ts";
export type {
  AppSyncPublishHandler,
  PassingEvent,
  PublishHook,
  PublishHooks,
  PublishHooksOf,
} from "../adapters/appsync-events/onPublish.ts";
export type * from "../adapters/appsync-events/publisherOptions.ts";
export type { AwsCredentials } from "../adapters/appsync-events/sigV4.ts";
