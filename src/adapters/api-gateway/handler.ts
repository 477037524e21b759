import { TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { counting } from "../../events/observer.ts";
import { type ClientMessage, type ReplyTo, readClientFrame } from "../../protocol/clientMessage.ts";
import type { Transport } from "../../publisher/transport.ts";
import type { App } from "../../subscriptions/app.ts";
import { answerCall, type Call, inputOf, type Request } from "./call.ts";
import { storeConnectionParams } from "./connectionParams.ts";
import type { WebSocketHandler, WebSocketMessageEvent } from "./event.ts";
import { checkFrame, connectionIdOf, textOf } from "./eventParts.ts";
import { handlerLimits } from "./handlerLimits.ts";
import type { CreateHandlerOptions } from "./handlerOptions.ts";
import { type Invocation, withInvocationDeadline } from "./invocation.ts";
import { answerPing } from "./ping.ts";
import { replyError } from "./replies.ts";
import { reportersOf } from "./reportError.ts";
import { type RequestContext, requestContext } from "./requestContext.ts";
import { Slots } from "./slots.ts";
import { type SharedByFrame, subscribe } from "./subscribe.ts";
import { SubscribeQueue } from "./subscribeQueue.ts";
import { tellCalled } from "./tellEnds.ts";
import { unsubscribe } from "./unsubscribe.ts";
import { beforeDeadline, settledWithin } from "./waiting.ts";

/** Requests beyond the batch that are told so. 128 KB hold 14,000, and each answer is a request of the account's quota. */
const MAX_REFUSALS = 1_000;
/** Each holds up to 4 MB of events; a Lambda may have 128 MB. */
const REPLAYS_AT_ONCE = 4;
/** Time that work gets to notice its abort before the invocation returns. */
const SETTLE_MS = 500;

/** The transport that answers an event. */
export type TransportOf = (event: WebSocketMessageEvent) => Transport;

/**
 * The `$default` handler: one invocation for each frame of a client. Never throws and returns no body: either would make
 * API Gateway send the client a frame of its own, which tRPC's client cannot attribute to a request.
 */
export function createMessageHandler(
  app: App,
  options: CreateHandlerOptions,
  transportOf: TransportOf,
): WebSocketHandler<WebSocketMessageEvent> {
  const limits = handlerLimits(options);
  return async (event, lambdaContext) => {
    const reporting = { step: "handler", onError: options.onError } as const;
    const { reportError, observer } = reportersOf(app, reporting, event);
    try {
      await withInvocationDeadline(lambdaContext, async (deadline) => {
        const connectionId = connectionIdOf(event, "MESSAGE");
        checkFrame(event);
        const transport = transportOf(event);
        const fixed = { app, options, limits, event, lambdaContext, connectionId, transport };
        await handleFrame({ ...fixed, deadline, reportError, observer });
      });
      return { statusCode: 200 };
    } catch (error) {
      reportError(error);
      return { statusCode: 500 };
    }
  };
}

async function handleFrame(invocation: Invocation): Promise<void> {
  const frame = readClientFrame(textOf(invocation.event));
  switch (frame.kind) {
    case "ping":
      return answerPing(invocation);
    case "pong":
      return;
    case "malformed":
      return refuse(invocation, { id: null, jsonrpc: false }, frame.problem);
    case "messages":
      return counting(invocation.observer, () => handleMessages(invocation, frame.messages));
    default:
      frame satisfies never;
  }
}

async function handleMessages(
  invocation: Invocation,
  all: readonly ClientMessage[],
): Promise<void> {
  const { maxBatchSize } = invocation.limits;
  const messages = all.slice(0, maxBatchSize);
  const context = requestContext(
    invocation,
    messages.flatMap((message, batchIndex) =>
      message.kind === "request" ? [callInfo(message, batchIndex)] : [],
    ),
  );
  // The other messages of the frame may be waiting for them.
  for (const message of messages) {
    if (message.kind === "connectionParams") {
      const stored = storeConnectionParams(invocation, message);
      await beforeDeadline(stored, invocation.deadline.work).catch(invocation.reportError);
    }
  }
  const shared = {
    queue: new SubscribeQueue(invocation.app.store),
    slots: new Slots(REPLAYS_AT_ONCE),
  };
  await Promise.all([
    ...messages.map((message, batchIndex) =>
      handleMessage(invocation, message, { batchIndex, requestContext: context, shared }).catch(
        invocation.reportError,
      ),
    ),
    refuseBeyond(invocation, all, maxBatchSize),
  ]);
}

/** Answers what a frame holds beyond its limit, as far as somebody waits for an answer. */
async function refuseBeyond(
  invocation: Invocation,
  messages: readonly ClientMessage[],
  maxBatchSize: number,
): Promise<void> {
  const waiting = messages
    .slice(maxBatchSize)
    .flatMap((message) =>
      message.kind === "connectionParams" || message.replyTo.id === null ? [] : [message.replyTo],
    );
  const cause = new TRPCError({
    code: "BAD_REQUEST",
    message: `A frame may hold ${maxBatchSize} messages, and this one holds ${messages.length}`,
  });
  await Promise.all(
    waiting
      .slice(0, MAX_REFUSALS)
      .map((replyTo) =>
        replyError(invocation, replyTo, { cause, place: {} }).catch(invocation.reportError),
      ),
  );
}

function callInfo(
  { path, rawInput }: Request,
  batchIndex: number,
): TRPCRequestInfo["calls"][number] {
  // A constant of its own, as the types of the first 11 versions do not know `batchIndex`.
  const call = {
    path,
    batchIndex,
    getRawInput: async () => rawInput,
    result: () => undefined,
    procedure: null,
  };
  return call;
}

interface FrameParts {
  readonly batchIndex: number;
  readonly requestContext: RequestContext;
  readonly shared: SharedByFrame;
}

/** Handles one message of a frame. Rejects only when not even an error could be written. */
async function handleMessage(
  invocation: Invocation,
  message: ClientMessage,
  parts: FrameParts,
): Promise<void> {
  if (message.kind === "connectionParams") return;
  switch (message.kind) {
    case "invalid":
      return refuse(invocation, message.replyTo, message.problem);
    case "stop":
      return beforeDeadline(
        unsubscribe(invocation, message.replyTo),
        invocation.deadline.reply,
      ).catch(invocation.reportError);
    case "request":
      return answer(invocation, message, parts);
    default:
      message satisfies never;
  }
}

function refuse(invocation: Invocation, replyTo: ReplyTo, message: string): Promise<void> {
  const cause = new TRPCError({ code: "PARSE_ERROR", message });
  return replyError(invocation, replyTo, { cause, place: {} });
}

async function answer(
  invocation: Invocation,
  request: Request,
  { batchIndex, requestContext: context, shared }: FrameParts,
): Promise<void> {
  const controller = new AbortController();
  const call: Call = {
    request,
    batchIndex,
    requestContext: context,
    signal: AbortSignal.any([controller.signal, invocation.deadline.work]),
    abort: () => controller.abort(),
  };
  const work =
    request.type === "subscription"
      ? subscribe(invocation, call, shared)
      : answerCall(invocation, call);
  try {
    await beforeDeadline(work, invocation.deadline.work);
  } catch (cause) {
    const { type, path } = request;
    const input = knownInput(invocation, request);
    const ctx = await knownContext(context, invocation.deadline.work);
    tellCalled(invocation, request, { cause });
    await replyError(invocation, request.replyTo, { cause, place: { type, path, input, ctx } });
    // Lets aborted work clean up; what still hangs after that is the procedure's own.
    const ended = work.catch(() => undefined);
    await settledWithin(ended, SETTLE_MS, invocation.deadline.reply);
  }
}

/** The input for error formatters; `undefined` when it cannot be read, which is what they are told then. */
function knownInput({ app }: Invocation, request: Request): unknown {
  try {
    return inputOf(app.router, request);
  } catch {
    return undefined;
  }
}

/** The context for error formatters, if there is one. */
async function knownContext(context: RequestContext, deadline: AbortSignal): Promise<unknown> {
  return deadline.aborted ? undefined : context.context().catch(() => undefined);
}
