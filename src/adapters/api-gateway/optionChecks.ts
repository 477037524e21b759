import type { AnyTRPCRouter } from "@trpc/server";
import {
  anything,
  callback,
  guard,
  number,
  type OptionCheck,
  type OptionChecks,
  optional,
  type StepOptions,
} from "../../errors/checkOptions.ts";
import type { FanOutOptions } from "../../publisher/publisherOptions.ts";
import type { ConnectOptions } from "./connect.ts";
import type { DisconnectOptions } from "./disconnect.ts";
import type { CreateHandlerOptions } from "./handlerOptions.ts";
import { listOfOrigins } from "./origins.ts";
import type {
  FanOutHandlerOptions,
  PublisherOptions,
  StreamHandlerOptions,
  WebSocketHandlerOptions,
} from "./types.ts";

export const CONNECT_OPTIONS: OptionChecks<ConnectOptions<unknown>> = {
  authorize: guard(callback, "everybody may connect"),
  allowedOrigins: guard(listOfOrigins, "pages of every origin may connect"),
  onError: callback,
};

export const DISCONNECT_OPTIONS: OptionChecks<DisconnectOptions> = { onError: callback };

/** Options of `handler()` that do not depend on what carries its answers. */
export const FRAME_OPTIONS: OptionChecks<
  Omit<CreateHandlerOptions, "client" | "endpoint" | "handOverAfterMs">
> = {
  // It may be what verifies connectionParams.
  createContext: guard(callback, "the context is the session as it is"),
  onError: callback,
  exposeStackTraces: anything,
  maxBatchSize: number(1),
  connectionParamsTimeoutMs: number(0),
};

const HANDLER_OPTIONS: OptionChecks<CreateHandlerOptions> = {
  ...FRAME_OPTIONS,
  endpoint: anything,
  client: anything,
  handOverAfterMs: number(0),
};

const POSTING_OPTIONS: OptionChecks<Omit<FanOutOptions, "fanOut">> = {
  concurrency: anything,
  postsPerSecond: anything,
  deadlineMs: anything,
  postTimeoutMs: anything,
  maxAttempts: anything,
  onError: callback,
};

const queue: OptionCheck = (value) =>
  typeof Object(value).send === "function" && typeof Object(value).receive === "function"
    ? undefined
    : "is no queue. Give it sqs({ queueUrl })";

/** Options of the steps that publish, with those of what carries their posts. */
export function publishingOptions<TCarrier>(carrier: OptionChecks<TCarrier>): StepOptions {
  const posting = { ...carrier, ...POSTING_OPTIONS };
  return {
    publisher: { ...posting, fanOut: optional(queue) } satisfies OptionChecks<FanOutOptions>,
    fanOutHandler: {
      ...posting,
      fanOut: queue,
      recipientsPerMessage: anything,
      onReport: callback,
    } satisfies OptionChecks<Omit<FanOutHandlerOptions<never, unknown>, Management>>,
    streamHandler: { ...posting, onReport: callback } satisfies OptionChecks<
      Omit<StreamHandlerOptions, Management>
    >,
  };
}

type Management = Exclude<keyof PublisherOptions, keyof FanOutOptions>;

const MANAGEMENT_OPTIONS: OptionChecks<Pick<PublisherOptions, Management>> = {
  endpoint: anything,
  client: anything,
  postPath: anything,
  api: anything,
};

/** Options of the steps of the API Gateway engine. */
export const API_GATEWAY_OPTIONS: StepOptions = {
  connect: CONNECT_OPTIONS,
  disconnect: DISCONNECT_OPTIONS,
  handler: HANDLER_OPTIONS,
  webSocketHandler: { ...CONNECT_OPTIONS, ...HANDLER_OPTIONS } satisfies OptionChecks<
    WebSocketHandlerOptions<AnyTRPCRouter, unknown>
  >,
  ...publishingOptions(MANAGEMENT_OPTIONS),
};
