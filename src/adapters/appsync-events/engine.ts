import type { AnyTRPCRouter } from "@trpc/server";
import { createBroadcastEngine } from "../../broadcast/broadcastEngine.ts";
import type { BroadcastSecret } from "../../broadcast/secret.ts";
import type { BroadcastHandlers, BroadcastPublisher } from "../../broadcast/types.ts";
import { anything, callback, checkOptions, type OptionChecks } from "../../errors/checkOptions.ts";
import { canonicalChannel, MAX_APPSYNC_EVENT_BYTES } from "../../protocol/appSyncEvents.ts";
import type { EventStore } from "../../store/types.ts";
import type {
  BroadcastEngine,
  EngineTypes,
  FiltersOf,
  RouterOf,
} from "../../subscriptions/engine.ts";
import type { AnyFilter } from "../../subscriptions/routes.ts";
import {
  type AppSyncAuthorizer,
  type AppSyncAuthorizerOptions,
  createAuthorizer,
} from "./authorizer.ts";
import { channelNames } from "./channel.ts";
import { publishUrl } from "./endpoint.ts";
import {
  type AppSyncPublishHandler,
  createPublishHandler,
  type PublishHooksOf,
} from "./onPublish.ts";
import type { AppSyncPublisherOptions } from "./publisherOptions.ts";
import { appSyncTransport } from "./transport.ts";

/**
 * Options of `appsync()`.
 *
 * @category AppSync Events
 */
export interface AppSyncOptions {
  /**
   * The channel namespace of the Event API that is this deployment's alone, for example `myapp-prod`. One segment more is
   * allowed behind a slash, for example a tenant: `myapp-prod/tenant7`.
   */
  readonly namespace: string;
  /** What channels are named with and grants are signed with: at least 32 bytes that only servers know. */
  readonly secret: BroadcastSecret;
  /**
   * The Event API's HTTP endpoint, handed out with every grant, so that clients need not know it.
   *
   * @defaultValue clients give it to `appsyncLink()`
   */
  readonly url?: string;
  /**
   * How long a grant is good, in milliseconds. A client that holds one may go on to hear its channels for so long, or for
   * as long as its connection lasts, which AppSync ends after a day.
   *
   * @defaultValue 3,600,000
   */
  readonly grantTtlMs?: number;
  /**
   * Where events of routes with `history` are kept, for example `dynamodb({ … })`; nothing else of it is used.
   *
   * @defaultValue none: such routes are refused
   */
  readonly store?: EventStore;
}

/**
 * What a chain on AppSync Events ends in.
 *
 * @category AppSync Events
 */
export interface AppSyncHandlers<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter>
  extends BroadcastHandlers<TRouter> {
  /**
   * The handler of the Event API's Lambda authorizer: the mode `AWS_LAMBDA` for connections and for subscribing, not for
   * publishing. It lets nobody subscribe to anything but the channels in the grant that comes with the subscription.
   */
  authorizer(options?: AppSyncAuthorizerOptions): AppSyncAuthorizer;

  /**
   * Publishes over HTTP, with an API key or signed with IAM. Keep it for the life of the process.
   *
   * @throws {@link BuilderError} for options that cannot be used
   * @throws {@link InvalidEndpointError} for a `url` that is none
   */
  publisher(options: AppSyncPublisherOptions): BroadcastPublisher<TRouter, TFilters>;

  /**
   * The handler of the Lambda function behind the namespace's `onPublish` (integration `DIRECT`). The hook of a route sees
   * each of its events before it is broadcast, once for each channel, side by side. When it throws, that event reaches
   * nobody on that channel, and its publisher is told so. Events of other routes pass.
   *
   * @throws {@link BuilderError} for hooks of what is no route, or what is no function
   */
  onPublish(hooks: PublishHooksOf<TRouter>): AppSyncPublishHandler;
}

/** Types of chains on AppSync Events. */
export interface AppSyncTypes extends EngineTypes {
  readonly handlers: AppSyncHandlers<RouterOf<this>, FiltersOf<this>>;
}

const OPTIONS: OptionChecks<AppSyncOptions> = {
  namespace: anything,
  secret: anything,
  url: anything,
  grantTtlMs: anything,
  store: anything,
};

const AUTHORIZER_OPTIONS: OptionChecks<AppSyncAuthorizerOptions> = { onRefused: callback };

const PUBLISHER_OPTIONS: OptionChecks<AppSyncPublisherOptions> = {
  url: anything,
  apiKey: anything,
  region: anything,
  credentials: anything,
  requestTimeoutMs: anything,
  deadlineMs: anything,
  onError: callback,
};

/**
 * The engine of AppSync Events: one publish for any number of listeners, no table and no function per connection.
 *
 * @example
 * ```ts
 * const chain = subscriptions
 *   .router({ router })
 *   .engine(appsync({ namespace: "myapp-prod", secret: process.env.SUBSCRIPTIONS_SECRET }));
 * export const authorizer = chain.authorizer();
 * export const publisher = chain.publisher({ url: EVENT_API_URL, region: "eu-central-1" });
 * ```
 * @throws {@link BuilderError} for an unknown option, a secret of less than 32 bytes, or a time to live that is none
 * @throws {@link TopicNameError} for a namespace that AppSync does not take
 * @throws {@link InvalidEndpointError} for a `url` that is none
 *
 * @category AppSync Events
 */
export function appsync(
  options: AppSyncOptions & { readonly store: EventStore },
): BroadcastEngine<AppSyncTypes, true>;
export function appsync(options: AppSyncOptions): BroadcastEngine<AppSyncTypes>;
export function appsync(options: AppSyncOptions): BroadcastEngine<AppSyncTypes, boolean> {
  checkOptions("appsync()", options, OPTIONS);
  const { namespace, secret, url, grantTtlMs, store } = options;
  return createBroadcastEngine<AppSyncTypes>({
    broker: {
      name: "AppSync Events",
      scope: `appsync-events/${namespace}`,
      secret,
      maxPayloadBytes: MAX_APPSYNC_EVENT_BYTES,
      topicName: channelNames(namespace),
      ...(grantTtlMs !== undefined && { grantTtlMs }),
      ...(url !== undefined && { endpoint: { url: publishUrl(url).href } }),
    },
    store,
    steps: ["authorizer", "publisher", "onPublish"],
    options: { authorizer: AUTHORIZER_OPTIONS, publisher: PUBLISHER_OPTIONS },
    handlers: (core) => ({
      authorizer: (given?: AppSyncAuthorizerOptions) => createAuthorizer(core.verify, given),
      publisher: (publisherOptions: AppSyncPublisherOptions) =>
        core.publisher(appSyncTransport(publisherOptions), publisherOptions),
      onPublish: (hooks: object) => createPublishHandler(core, canonicalChannel(namespace), hooks),
    }),
  });
}
