import type {
  AppSyncAuthorizerEvent,
  AppSyncAuthorizerResult,
  AppSyncPublishEvent,
  AppSyncPublishResult,
  AppSyncSubscribeEvent,
  AppSyncSubscribeResult,
} from "../../adapters/appsync-events/event.ts";
import type { AwsCredentials } from "../../adapters/appsync-events/sigV4.ts";
import {
  APPSYNC_CONNECTION_TIMEOUT_MS,
  APPSYNC_KEEP_ALIVE_MS,
  MAX_APPSYNC_CONNECTION_MS,
  MAX_APPSYNC_SOCKET_PUBLISHES_PER_SECOND,
  MAX_APPSYNC_SUBSCRIPTIONS,
} from "../../protocol/appSyncEvents.ts";
import type { AppSyncEventsObservation } from "./observation.ts";

/** How a client may prove who it is. */
export type AppSyncAuthMode = "API_KEY" | "AWS_IAM" | "AWS_LAMBDA";

/** A Lambda authorizer, for example `chain.authorizer()`. One that throws refuses. */
export type AppSyncLambdaAuthorizer = (
  event: AppSyncAuthorizerEvent,
) => Promise<AppSyncAuthorizerResult>;

/** A channel namespace: its handlers, and who may use it. */
export interface AppSyncNamespace {
  /** The function behind `onPublish`; throwing fails the publish. @defaultValue every event is broadcast */
  readonly onPublish?: (event: AppSyncPublishEvent) => Promise<AppSyncPublishResult | null>;
  /** The function behind `onSubscribe`; throwing refuses. @defaultValue everybody authorized may subscribe */
  readonly onSubscribe?: (
    event: AppSyncSubscribeEvent,
  ) => Promise<AppSyncSubscribeResult | null | undefined>;
  /** @defaultValue those of the API */
  readonly publishAuthModes?: readonly AppSyncAuthMode[];
  /** @defaultValue those of the API */
  readonly subscribeAuthModes?: readonly AppSyncAuthMode[];
}

/** An answer to `POST /event` instead of the real one. */
export interface AppSyncPublishFault {
  /** HTTP status of the answer. */
  readonly statusCode: number;
  /** JSON of the answer. @defaultValue an error of the status */
  readonly body?: unknown;
}

/** Options of `startAppSyncEvents`. */
export interface AppSyncEventsOptions {
  /** The channel namespaces by name. Publishing to another one is refused. */
  readonly namespaces: Readonly<Record<string, AppSyncNamespace>>;
  /** Good API keys. @defaultValue none */
  readonly apiKeys?: readonly string[];
  /** Identities that may sign requests with IAM. @defaultValue none */
  readonly credentials?: readonly AwsCredentials[];
  /** The API's Lambda authorizer. @defaultValue none */
  readonly authorizer?: AppSyncLambdaAuthorizer;
  /** Seconds for which its answers are kept, where they have no `ttlOverride`. @defaultValue 0 */
  readonly authorizerResultTtlSeconds?: number;
  /** Who may connect. @defaultValue whoever there are keys, credentials or an authorizer for */
  readonly connectAuthModes?: readonly AppSyncAuthMode[];
  /** Who may publish, unless the namespace says so. @defaultValue as for `connectAuthModes` */
  readonly publishAuthModes?: readonly AppSyncAuthMode[];
  /** Who may subscribe, unless the namespace says so. @defaultValue as for `connectAuthModes` */
  readonly subscribeAuthModes?: readonly AppSyncAuthMode[];
  /** TCP port; 0 takes a free one. @defaultValue 0 */
  readonly port?: number;
  /** Address to listen on. @defaultValue "127.0.0.1" */
  readonly host?: string;
  /** Serves `https` and `wss` with this certificate. @defaultValue `http` and `ws` */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Region that signatures must be for. @defaultValue "us-east-1" */
  readonly region?: string;
  /** Only part of what the authorizer is told. @defaultValue "local" */
  readonly apiId?: string;
  /** Time between two `ka`, in milliseconds; `Infinity` sends none. @defaultValue 60,000 */
  readonly keepAliveMs?: number;
  /** What `connection_ack` tells clients, in milliseconds. @defaultValue 300,000 */
  readonly connectionTimeoutMs?: number;
  /** Age at which a socket is closed, in milliseconds; `Infinity` never. @defaultValue 24 hours */
  readonly maxConnectionMs?: number;
  /** @defaultValue 200 */
  readonly maxSubscriptionsPerConnection?: number;
  /** @defaultValue 25 */
  readonly socketPublishesPerSecond?: number;
  /** Whether `data` has its event in an array, as parts of AWS's guide show it. @defaultValue false */
  readonly eventsAsArray?: boolean;
  /** Called with everything that happens, synchronously. It must not throw. */
  readonly onEvent?: (observation: AppSyncEventsObservation) => void;
  /** Fault injection: answers `POST /event` instead of the API; `"hang"` never answers, `undefined` lets it through. */
  readonly onPublishRequest?: (body: string) => AppSyncPublishFault | "hang" | undefined;
  /** Fault injection: an event waits for the promise before it goes to this client; others overtake it. */
  readonly delay?: (delivery: {
    readonly connectionId: string;
    readonly channel: string;
  }) => Promise<void> | undefined;
}

const DEFAULTS = {
  apiKeys: [],
  credentials: [],
  authorizerResultTtlSeconds: 0,
  port: 0,
  host: "127.0.0.1",
  region: "us-east-1",
  apiId: "local",
  keepAliveMs: APPSYNC_KEEP_ALIVE_MS,
  connectionTimeoutMs: APPSYNC_CONNECTION_TIMEOUT_MS,
  maxConnectionMs: MAX_APPSYNC_CONNECTION_MS,
  maxSubscriptionsPerConnection: MAX_APPSYNC_SUBSCRIPTIONS,
  socketPublishesPerSecond: MAX_APPSYNC_SOCKET_PUBLISHES_PER_SECOND,
  eventsAsArray: false,
  onEvent: () => undefined,
} as const satisfies Omit<AppSyncEventsOptions, "namespaces">;

type Hooks = "authorizer" | "tls" | "onPublishRequest" | "delay";

/** The options with their defaults. */
export type AppSyncEventsSettings = Required<Omit<AppSyncEventsOptions, Hooks>> &
  Pick<AppSyncEventsOptions, Hooks>;

/** Fills in the defaults. */
export function appSyncEventsSettings(options: AppSyncEventsOptions): AppSyncEventsSettings {
  const modes: readonly AppSyncAuthMode[] = [
    ...((options.apiKeys ?? []).length > 0 ? (["API_KEY"] as const) : []),
    ...((options.credentials ?? []).length > 0 ? (["AWS_IAM"] as const) : []),
    ...(options.authorizer !== undefined ? (["AWS_LAMBDA"] as const) : []),
  ];
  return {
    ...DEFAULTS,
    connectAuthModes: modes,
    publishAuthModes: modes,
    subscribeAuthModes: modes,
    ...options,
  };
}
