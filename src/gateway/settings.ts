import type {
  LambdaContext,
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketEvent,
  WebSocketMessageEvent,
} from "../adapters/api-gateway/event.ts";
import type { EventSource } from "./event.ts";
import type { RouteObservation } from "./observation.ts";

/** A Lambda handler as the gateway calls it; it gets its own copy of the event. */
export type GatewayHandler<TEvent extends WebSocketEvent> = (
  event: TEvent,
  context: Required<LambdaContext>,
) => Promise<unknown>;

/** The routes of the API. A route left out does not exist. */
export interface GatewayHandlers {
  /** Decides the handshake: a status outside 200-299 refuses it. Left out, every client is accepted. */
  readonly connect?: GatewayHandler<WebSocketConnectEvent>;
  /** Gets every message. Left out, each is answered with the gateway's frame `Forbidden`. */
  readonly default?: GatewayHandler<WebSocketMessageEvent>;
  /** Called after a socket closed; what it returns or throws changes nothing. */
  readonly disconnect?: GatewayHandler<WebSocketDisconnectEvent>;
}

/** What the routes of an API need to know. */
export interface RouteSettings extends EventSource {
  readonly handlers: GatewayHandlers;
  /** Time after which the gateway stops waiting for a handler, which goes on running. */
  readonly integrationTimeoutMs: number;
  /** What `getRemainingTimeInMillis()` counts down from; a handler that runs longer counts as failed. */
  readonly lambdaTimeoutMs: number;
  readonly onEvent: (observation: RouteObservation) => void;
  readonly dropDisconnect?: () => boolean;
  readonly duplicate?: (event: WebSocketMessageEvent) => boolean;
  readonly delay?: (event: WebSocketEvent) => Promise<void> | undefined;
}

/** Why a handshake is refused. */
export interface Refusal {
  readonly statusCode: number;
  readonly reason: string;
}
