import type { AnyTRPCRouter } from "@trpc/server";
import type { OptionChecks } from "../../../errors/checkOptions.ts";
import { createPublisher } from "../../../publisher/createPublisher.ts";
import { createFanOutHandler } from "../../../publisher/fanOutHandler.ts";
import { createOutbox } from "../../../publisher/outbox/createOutbox.ts";
import { createStreamHandler } from "../../../publisher/outbox/streamHandler.ts";
import { MAX_WIDTH } from "../../../publisher/poolWidth.ts";
import { type PublisherContext, publisherContext } from "../../../publisher/publisherOptions.ts";
import type { Transport } from "../../../publisher/transport.ts";
import { workerContext } from "../../../publisher/workerContext.ts";
import type { App } from "../../../subscriptions/app.ts";
import type { StoreEngine } from "../../../subscriptions/engine.ts";
import type { ConnectOptions } from "../../api-gateway/connect.ts";
import { createDisconnectHandler, type DisconnectOptions } from "../../api-gateway/disconnect.ts";
import { createMessageHandler } from "../../api-gateway/handler.ts";
import {
  CONNECT_OPTIONS,
  DISCONNECT_OPTIONS,
  FRAME_OPTIONS,
  publishingOptions,
} from "../../api-gateway/optionChecks.ts";
import { DataPlane, type IotDataPlaneOptions, reachedBy } from "../dataPlane.ts";
import { DATA_PLANE_OPTIONS } from "../optionChecks.ts";
import { createDirectAuthorizer } from "./authorizer.ts";
import { directRules, disconnectEventOf, messageEventOf } from "./events.ts";
import { type IotDirectOptions, type IotDirectSettings, iotDirectSettings } from "./options.ts";
import { directTransport } from "./transport.ts";
import type {
  IotDirectFanOutHandlerOptions,
  IotDirectHandler,
  IotDirectHandlerOptions,
  IotDirectPublisherOptions,
  IotDirectStreamHandlerOptions,
  IotDirectTypes,
} from "./types.ts";

/** Sockets of a handler's client; one frame is answered with few messages. */
const HANDLER_SOCKETS = 50;

const STEP_OPTIONS = {
  authorizer: CONNECT_OPTIONS,
  handler: { ...FRAME_OPTIONS, ...DATA_PLANE_OPTIONS } satisfies OptionChecks<
    IotDirectHandlerOptions<AnyTRPCRouter, unknown>
  >,
  disconnect: DISCONNECT_OPTIONS,
  ...publishingOptions(DATA_PLANE_OPTIONS),
};

/**
 * Makes the engine that sends each event to each subscriber by the id of its client: the handlers and the publisher of API
 * Gateway, over IoT Core.
 *
 * @throws {@link BuilderError} for options that cannot be used
 */
export function iotDirect(options: IotDirectOptions): StoreEngine<IotDirectTypes> {
  const settings = iotDirectSettings(options);
  return {
    name: "AWS IoT Core, direct",
    store: settings.store,
    steps: [
      "authorizer",
      "handler",
      "disconnect",
      "rules",
      "publisher",
      "fanOutHandler",
      "outbox",
      "streamHandler",
    ],
    options: STEP_OPTIONS,
    handlers: (app) => ({
      authorizer: (given: ConnectOptions<unknown> = {}) =>
        createDirectAuthorizer(app, settings, given),
      handler: (given: IotDirectHandlerOptions<AnyTRPCRouter, unknown> = {}) =>
        messageHandler(app, settings, given),
      disconnect: (given: DisconnectOptions = {}) => disconnectHandler(app, settings, given),
      rules: () => directRules(settings),
      publisher: (given: IotDirectPublisherOptions = {}) =>
        createPublisher(contextOf(app, settings, { step: "publisher", options: given })),
      fanOutHandler(given: IotDirectFanOutHandlerOptions<never, unknown>) {
        const { fanOut: queue, recipientsPerMessage, onReport } = given;
        const context = contextOf(app, settings, { step: "fanOutHandler", options: given });
        const worker = workerContext(context, { queue, recipientsPerMessage });
        return createFanOutHandler(worker, queue, onReport);
      },
      outbox: () => createOutbox(app),
      streamHandler: ({ onReport, ...others }: IotDirectStreamHandlerOptions = {}) =>
        createStreamHandler(
          contextOf(app, settings, { step: "streamHandler", options: others }),
          onReport,
        ),
    }),
  };
}

function messageHandler(
  app: App,
  settings: IotDirectSettings,
  { client, endpoint, ...options }: IotDirectHandlerOptions<AnyTRPCRouter, unknown>,
): IotDirectHandler {
  const transport = transportOf(settings, { client, endpoint }, HANDLER_SOCKETS);
  const handle = createMessageHandler(app, options, () => transport);
  return async (event, context) => {
    await handle(messageEventOf(settings, event), context);
  };
}

function disconnectHandler(
  app: App,
  settings: IotDirectSettings,
  options: DisconnectOptions,
): IotDirectHandler {
  const handle = createDisconnectHandler(app, options);
  return async (event, context) => {
    const ended = disconnectEventOf(settings, event);
    if (ended !== undefined) await handle(ended, context);
  };
}

function contextOf(
  app: App,
  settings: IotDirectSettings,
  {
    step,
    options,
  }: {
    readonly step: "fanOutHandler" | "publisher" | "streamHandler";
    readonly options: IotDirectPublisherOptions;
  },
): PublisherContext {
  const transport = transportOf(settings, options, options.concurrency ?? MAX_WIDTH);
  return publisherContext({ app, transport, api: settings.api, step }, options);
}

/** The SDK tries once: the retries are the publisher's, who knows the deadline. */
function transportOf(
  settings: IotDirectSettings,
  { client, endpoint }: { [K in keyof IotDataPlaneOptions]?: IotDataPlaneOptions[K] | undefined },
  maxSockets: number,
): Transport {
  const dataPlane = new DataPlane(reachedBy(client, endpoint), { maxAttempts: 1, maxSockets });
  return directTransport(settings, dataPlane);
}
