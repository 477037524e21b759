/**
 * What AppSync Events invokes Lambda functions with, and what they return.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/eventapi/configure-event-api-auth.html
 */

/** What a client is about to do. */
export type AppSyncOperation = "EVENT_CONNECT" | "EVENT_SUBSCRIBE" | "EVENT_PUBLISH";

/** What a Lambda authorizer is invoked with: once for a connection, and once for each subscribe and publish. */
export interface AppSyncAuthorizerEvent {
  /** What the client wrote into `Authorization`. */
  readonly authorizationToken: string;
  readonly requestContext: {
    readonly apiId: string;
    readonly accountId: string;
    readonly requestId: string;
    readonly operation: AppSyncOperation;
    /** First segment of the channel; absent for `EVENT_CONNECT`. */
    readonly channelNamespaceName?: string;
    /** As the client asked for it, a wildcard at its end included; absent for `EVENT_CONNECT`. */
    readonly channel?: string;
  };
  readonly requestHeaders?: Readonly<Record<string, string>>;
}

/** What a Lambda authorizer returns. */
export interface AppSyncAuthorizerResult {
  readonly isAuthorized: boolean;
  /** Seen by the handlers of the namespace as `identity.handlerContext`. */
  readonly handlerContext?: Readonly<Record<string, string>>;
  /** Seconds for which the answer is kept; for the same token, operation and channel alone. */
  readonly ttlOverride?: number;
}

/** One event on its way through `onPublish`. */
export interface AppSyncPublishedEvent {
  /** Given by AppSync; the answer names it. */
  readonly id: string;
  readonly payload: unknown;
}

interface AppSyncHandlerEvent {
  /** Who calls: of a Lambda authorizer its `handlerContext`, `null` with an API key. */
  readonly identity: Readonly<Record<string, unknown>> | null;
  readonly request: {
    readonly headers: Readonly<Record<string, string>>;
    readonly domainName: string | null;
  };
  readonly result: null;
  readonly error: null;
  readonly prev: null;
  readonly stash: Readonly<Record<string, unknown>>;
  readonly outErrors: readonly unknown[];
}

interface AppSyncChannelInfo {
  /** For example `/myapp/room/all/…`. */
  readonly channel: { readonly path: string; readonly segments: readonly string[] };
  readonly channelNamespace: { readonly name: string };
}

/** What the function behind a namespace's `onPublish` is invoked with (integration `DIRECT`). */
export interface AppSyncPublishEvent extends AppSyncHandlerEvent {
  readonly info: AppSyncChannelInfo & { readonly operation: "PUBLISH" };
  /** One to five. */
  readonly events: readonly AppSyncPublishedEvent[];
}

/** What the function behind a namespace's `onSubscribe` is invoked with (integration `DIRECT`). */
export interface AppSyncSubscribeEvent extends AppSyncHandlerEvent {
  readonly info: AppSyncChannelInfo & { readonly operation: "SUBSCRIBE" };
  readonly events: null;
}

/**
 * What `onPublish` returns: the events to broadcast, by their ids. One that is left out reaches nobody; one with `error`
 * is reported to its publisher as failed. An `error` for all of them fails the whole publish.
 */
export interface AppSyncPublishResult {
  readonly events?: readonly {
    readonly id: string;
    readonly payload?: unknown;
    readonly error?: string;
  }[];
  readonly error?: string;
}

/** What `onSubscribe` returns: nothing, or an `error` that the client is refused with. */
export interface AppSyncSubscribeResult {
  readonly error?: string;
}
