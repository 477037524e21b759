import type { WebSocketEvent, WebSocketMessageEvent } from "../adapters/api-gateway/event.ts";
import { callback, checkOptions, type OptionChecks } from "../errors/checkOptions.ts";
import type { GatewayHandlers } from "../gateway/settings.ts";
import {
  IDLE_TIMEOUT_MS,
  INTEGRATION_TIMEOUT_MS,
  MAX_CLIENT_FRAME_BYTES,
  MAX_CONNECTION_MS,
  MAX_MESSAGE_BYTES,
} from "../protocol/limits.ts";
import type { GatewayAuthorizer } from "./authorizer.ts";
import type { GatewayObservation } from "./observation.ts";

/** An answer of `@connections` instead of the real one. */
export interface PostFault {
  /** HTTP status of the answer. */
  readonly statusCode: number;
  /**
   * Value of the `x-amzn-errortype` header; an empty string sends no such header.
   *
   * @defaultValue the name API Gateway uses for the status; none for 5xx
   */
  readonly errorName?: string;
  /** @defaultValue the reason phrase of the status */
  readonly message?: string;
  /**
   * Whether the client gets the message although the caller is told otherwise: an answer lost on its way.
   *
   * @defaultValue false
   */
  readonly delivered?: boolean;
}

/** Options of `startGateway`. */
export interface GatewayOptions {
  /** The Lambda handlers, by route. */
  readonly handlers: GatewayHandlers;
  /** REQUEST authorizer of `$connect`. @defaultValue none: `$connect` is asked directly */
  readonly authorizer?: GatewayAuthorizer;
  /** TCP port; 0 takes a free one. @defaultValue 0 */
  readonly port?: number;
  /** Address to listen on. @defaultValue "127.0.0.1" */
  readonly host?: string;
  /** @defaultValue "local" */
  readonly apiId?: string;
  /** @defaultValue "local" */
  readonly stage?: string;
  /** Only part of the authorizer's method ARN. @defaultValue "local" */
  readonly region?: string;
  /** Stage variables of every event. @defaultValue none: the key is absent */
  readonly stageVariables?: Readonly<Record<string, string>>;
  /** Largest frame of a client, in bytes; a larger one closes the socket with 1009. @defaultValue 32,768 */
  readonly maxFrameBytes?: number;
  /** Largest message in either direction, in bytes: 1009 for clients, 413 for posts. @defaultValue 131,072 */
  readonly maxMessageBytes?: number;
  /** Time without a message in either direction after which a socket is closed with 1001; `Infinity` never. @defaultValue 10 minutes */
  readonly idleTimeoutMs?: number;
  /** Age at which a socket is closed with 1001; `Infinity` never. @defaultValue 2 hours */
  readonly maxConnectionMs?: number;
  /** Time after which the gateway stops waiting for a handler, which goes on running. @defaultValue 29,000 */
  readonly integrationTimeoutMs?: number;
  /**
   * What `getRemainingTimeInMillis()` counts down from. A handler that runs longer counts as failed and is not waited
   * for any more, but cannot be killed.
   *
   * @defaultValue 29,000
   */
  readonly lambdaTimeoutMs?: number;
  /** Posts per second of all connections together, with a burst of as many; more get 429. @defaultValue `Infinity` */
  readonly postsPerSecond?: number;
  /** Bytes waiting for a client that reads too slowly; a post beyond gets 429. @defaultValue 1,048,576 */
  readonly maxBufferedBytes?: number;
  /** Called with everything that happens, synchronously. It must not throw. */
  readonly onEvent?: (observation: GatewayObservation) => void;
  /** Fault injection: answers a post instead of the gateway; `"hang"` never answers, `undefined` lets it through. */
  readonly onPost?: (connectionId: string, body: string) => PostFault | "hang" | undefined;
  /** Fault injection: answers a `DeleteConnection` instead of the gateway; `"hang"` never answers, `undefined` lets it through. */
  readonly onClose?: (connectionId: string) => Omit<PostFault, "delivered"> | "hang" | undefined;
  /** Fault injection: true loses this `$disconnect`. API Gateway sends it at best effort. */
  readonly dropDisconnect?: () => boolean;
  /** Fault injection: true invokes `$default` twice, concurrently, with the same event. */
  readonly duplicate?: (event: WebSocketMessageEvent) => boolean;
  /** Fault injection: an invocation waits for the promise before it starts; a rejection fails it unstarted. */
  readonly delay?: (event: WebSocketEvent) => Promise<void> | undefined;
}

type Hooks =
  | "authorizer"
  | "stageVariables"
  | "onPost"
  | "onClose"
  | "dropDisconnect"
  | "duplicate"
  | "delay";

/** The options with their defaults. */
export type GatewaySettings = Required<Omit<GatewayOptions, Hooks>> & Pick<GatewayOptions, Hooks>;

const DEFAULTS = {
  port: 0,
  host: "127.0.0.1",
  apiId: "local",
  stage: "local",
  region: "local",
  maxFrameBytes: MAX_CLIENT_FRAME_BYTES,
  maxMessageBytes: MAX_MESSAGE_BYTES,
  idleTimeoutMs: IDLE_TIMEOUT_MS,
  maxConnectionMs: MAX_CONNECTION_MS,
  integrationTimeoutMs: INTEGRATION_TIMEOUT_MS,
  lambdaTimeoutMs: INTEGRATION_TIMEOUT_MS,
  postsPerSecond: Number.POSITIVE_INFINITY,
  maxBufferedBytes: 1024 * 1024,
  onEvent: () => undefined,
} as const satisfies Omit<GatewayOptions, "handlers">;

/** A handler of a route that there is not would never be called. */
const HANDLERS: OptionChecks<GatewayHandlers> = {
  connect: callback,
  default: callback,
  disconnect: callback,
};

/**
 * Fills in the defaults.
 *
 * @throws {@link BuilderError} for handlers that are none, or of another route
 */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
  checkOptions("startGateway({ handlers })", options?.handlers, HANDLERS);
  return { ...DEFAULTS, ...options };
}
