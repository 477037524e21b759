import type { AnyTRPCRouter } from "@trpc/server";
import { createPublisher } from "../../publisher/createPublisher.ts";
import { createFanOutHandler, type FanOutHandler } from "../../publisher/fanOutHandler.ts";
import { createOutbox } from "../../publisher/outbox/createOutbox.ts";
import { createStreamHandler } from "../../publisher/outbox/streamHandler.ts";
import { MAX_WIDTH } from "../../publisher/poolWidth.ts";
import { type PublisherContext, publisherContext } from "../../publisher/publisherOptions.ts";
import type { Transport } from "../../publisher/transport.ts";
import { workerContext } from "../../publisher/workerContext.ts";
import type { App } from "../../subscriptions/app.ts";
import type { Engine } from "../../subscriptions/engine.ts";
import { createConnectHandler } from "./connect.ts";
import { createDisconnectHandler } from "./disconnect.ts";
import { apiOfEndpoint, checkEndpoint, endpointOfApi } from "./endpoint.ts";
import type { WebSocketEvent, WebSocketHandler } from "./event.ts";
import { createMessageHandler, type TransportOf } from "./handler.ts";
import type { CreateHandlerOptions } from "./handlerOptions.ts";
import { API_GATEWAY_OPTIONS } from "./optionChecks.ts";
import { apiGatewayTransport, createManagementClient, toConnectionsOnly } from "./transport.ts";
import type {
  ApiGatewayTypes,
  FanOutHandlerOptions,
  PublisherOptions,
  StreamHandlerOptions,
  WebSocketHandlerOptions,
} from "./types.ts";

/** Sockets of a handler's client; one frame is answered with few posts. */
const HANDLER_SOCKETS = 50;

/** API Gateway WebSocket APIs: the engine that `.store()` selects. */
export const apiGateway: Engine<ApiGatewayTypes> = {
  name: "API Gateway",
  steps: [
    "connect",
    "disconnect",
    "handler",
    "webSocketHandler",
    "publisher",
    "fanOutHandler",
    "outbox",
    "streamHandler",
  ],
  options: API_GATEWAY_OPTIONS,
  handlers: (app) => ({
    connect: (options = {}) => createConnectHandler(app, options),
    disconnect: (options = {}) => createDisconnectHandler(app, options),
    handler: (options: CreateHandlerOptions = {}) =>
      createMessageHandler(app, options, transportFor(options)),
    webSocketHandler: (options: WebSocketHandlerOptions<AnyTRPCRouter, unknown> = {}) =>
      webSocketHandler(app, options),
    publisher: (options: PublisherOptions) => createPublisher(contextOf(app, options, "publisher")),
    fanOutHandler: (options: FanOutHandlerOptions<never, unknown>) => fanOutHandler(app, options),
    outbox: () => createOutbox(app),
    streamHandler: ({ onReport, ...options }: StreamHandlerOptions) =>
      createStreamHandler(contextOf(app, options, "streamHandler"), onReport),
  }),
};

function webSocketHandler(
  app: App,
  options: WebSocketHandlerOptions<AnyTRPCRouter, unknown>,
): WebSocketHandler<WebSocketEvent> {
  const connect = createConnectHandler(app, options);
  const disconnect = createDisconnectHandler(app, options);
  const message = createMessageHandler(app, options, transportFor(options));
  return (event, context) => {
    // What is no event at all is refused by a handler, not by an exception.
    switch (event?.requestContext?.eventType) {
      case "CONNECT":
        return connect(event, context);
      case "DISCONNECT":
        return disconnect(event, context);
      default:
        return message(event, context);
    }
  };
}

/** One transport per endpoint, made when its first event comes and kept: its client holds open sockets. */
function transportFor(options: CreateHandlerOptions): TransportOf {
  const { client } = options;
  if (client !== undefined) {
    const transport = apiGatewayTransport(client);
    return () => transport;
  }
  const configured = options.endpoint === undefined ? undefined : checkEndpoint(options.endpoint);
  const byEndpoint = new Map<string, Transport>();
  return ({ requestContext }) => {
    const endpoint = configured ?? endpointOfApi(requestContext, process.env);
    const known = byEndpoint.get(endpoint);
    if (known !== undefined) return known;
    const transport = apiGatewayTransport(createManagementClient(endpoint, HANDLER_SOCKETS));
    byEndpoint.set(endpoint, transport);
    return transport;
  };
}

function contextOf(
  app: App,
  options: PublisherOptions,
  step: "publisher" | "fanOutHandler" | "streamHandler",
): PublisherContext {
  const endpoint = checkEndpoint(options.endpoint);
  const client =
    options.client ?? createManagementClient(endpoint, options.concurrency ?? MAX_WIDTH);
  const transport = toConnectionsOnly(apiGatewayTransport(client, options));
  const api = options.api ?? apiOfEndpoint(endpoint);
  return publisherContext({ app, transport, api, step }, options);
}

function fanOutHandler<TEvent, TResult>(
  app: App,
  options: FanOutHandlerOptions<TEvent, TResult>,
): FanOutHandler<TEvent, TResult> {
  const { fanOut: queue, recipientsPerMessage, onReport } = options;
  const context = workerContext(contextOf(app, options, "fanOutHandler"), {
    queue,
    recipientsPerMessage,
  });
  return createFanOutHandler(context, queue, onReport);
}
