import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { AnyTRPCRouter } from "@trpc/server";
import type {
  ApiGatewayHandlers,
  ConnectOptions,
  DisconnectOptions,
  HandlerOptions,
  PublisherOptions,
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketHandler,
  WebSocketMessageEvent,
} from "trpc-aws-subscriptions";
import {
  type Gateway,
  type GatewayObservation,
  type GatewayOptions,
  startGateway,
} from "trpc-aws-subscriptions/local";

/** A management client of the local gateway; the credentials are only there to sign with. */
export function gatewayClient(endpoint: string): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({
    endpoint,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: 256 } },
  });
}

/** An error that a handler reported, with the handler's name. */
export interface Reported {
  readonly route: "$connect" | "$disconnect" | "$default" | "publisher";
  readonly error: Error;
}

/** Options of {@link serve}. */
export interface ServeOptions<TRouter extends AnyTRPCRouter, TSession> {
  readonly connect?: ConnectOptions<TSession>;
  readonly disconnect?: DisconnectOptions;
  readonly handler?: HandlerOptions<TRouter, TSession>;
  readonly gateway?: Omit<GatewayOptions, "handlers">;
  readonly publisher?: Partial<PublisherOptions>;
  /** Clients that can bear it are asked to reconnect. @defaultValue false */
  readonly mayReconnect?: boolean;
}

/** The three handlers behind a running gateway, and a publisher for it. */
export interface Stack<TPublisher> {
  readonly gateway: Gateway;
  readonly publisher: TPublisher;
  /** Connections whose clients were asked to reconnect. */
  reconnects(): readonly string[];
  /** Everything handlers and publisher gave to `onError`, in order. */
  readonly errors: readonly Reported[];
  readonly handlers: {
    readonly connect: WebSocketHandler<WebSocketConnectEvent>;
    readonly disconnect: WebSocketHandler<WebSocketDisconnectEvent>;
    readonly default: WebSocketHandler<WebSocketMessageEvent>;
  };
  /** Rejects if a client was told to `reconnect`, which many cannot bear, and it was not expected. */
  stop(): Promise<void>;
}

type AnyHandlers = ApiGatewayHandlers<AnyTRPCRouter, never, unknown>;

/** Serves a finished chain on a local gateway. */
export async function serve<TChain extends Pick<AnyHandlers, "disconnect">>(
  chain: TChain,
  options: TChain extends ApiGatewayHandlers<infer TRouter, never, infer TSession>
    ? ServeOptions<TRouter, TSession>
    : ServeOptions<AnyTRPCRouter, unknown> = {} as never,
): Promise<
  Stack<TChain extends { publisher(options: never): infer TPublisher } ? TPublisher : never>
> {
  const given: ServeOptions<AnyTRPCRouter, unknown> = options as never;
  const steps = chain as unknown as AnyHandlers;
  const errors: Reported[] = [];
  const note =
    (route: Reported["route"], next?: (failure: never) => void) =>
    (failure: { readonly error: Error }): void => {
      errors.push({ route, error: failure.error });
      next?.(failure as never);
    };
  let message: WebSocketHandler<WebSocketMessageEvent> | undefined;
  const connect = steps.connect({
    ...given.connect,
    onError: note("$connect", given.connect?.onError),
  });
  const disconnect = steps.disconnect({
    ...given.disconnect,
    onError: note("$disconnect", given.disconnect?.onError),
  });
  const handleMessage: WebSocketHandler<WebSocketMessageEvent> = (event, context) => {
    if (message === undefined) throw new Error("the gateway was not ready");
    return message(event, context);
  };
  const reconnects: string[] = [];
  const gateway = await startGateway({
    ...given.gateway,
    handlers: { connect, disconnect, default: handleMessage },
    onEvent(observation) {
      if (isReconnect(observation)) reconnects.push(observation.connectionId);
      given.gateway?.onEvent?.(observation);
    },
  });
  const client = gatewayClient(gateway.endpoint);
  message = steps.handler({
    client,
    ...given.handler,
    onError: note("$default", given.handler?.onError),
  });
  const publisher = steps.publisher({
    endpoint: gateway.endpoint,
    client,
    ...given.publisher,
    onError: note("publisher", given.publisher?.onError),
  });
  return {
    gateway,
    publisher: publisher as never,
    errors,
    reconnects: () => reconnects,
    handlers: { connect, disconnect, default: handleMessage },
    async stop() {
      await gateway.stop();
      client.destroy();
      if (given.mayReconnect === true) return;
      if (reconnects.length > 0) throw new Error(`${reconnects[0]} was told to reconnect`);
    },
  };
}

function isReconnect(observation: GatewayObservation): boolean {
  if (observation.type !== "management" || !observation.body?.includes('"reconnect"')) return false;
  const frame: { readonly method?: unknown } = JSON.parse(observation.body);
  return frame.method === "reconnect";
}
