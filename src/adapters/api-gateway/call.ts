import { callTRPCProcedure, TRPCError } from "@trpc/server";
import { isObservable } from "@trpc/server/observable";
import { parseTRPCMessage } from "@trpc/server/rpc";
import type { ClientMessage } from "../../protocol/clientMessage.ts";
import { dataFrame, eventText } from "../../protocol/serverMessage.ts";
import type { Invocation } from "./invocation.ts";
import { assertDeliverable, reply } from "./replies.ts";
import type { RequestContext } from "./requestContext.ts";
import { tellCalled } from "./tellEnds.ts";

/** A query, mutation or subscription of a frame. */
export type Request = Extract<ClientMessage, { kind: "request" }>;

/** What running a procedure takes. */
export interface Call {
  readonly request: Request;
  readonly batchIndex: number;
  readonly requestContext: RequestContext;
  /** Aborts with the invocation's work, and when the request is no longer wanted. */
  readonly signal: AbortSignal;
  readonly abort: () => void;
  /** Further options for the resolver. */
  readonly extra?: object;
}

/** Runs the procedure of a request once: lookup, middleware, input parser, resolver. */
export async function runProcedure({ app }: Invocation, call: Call): Promise<unknown> {
  const { request, batchIndex, requestContext, signal, extra } = call;
  const ctx = await requestContext.context();
  const input = inputOf(app.router, request);
  const options = {
    ...extra,
    router: app.router,
    path: request.path,
    type: request.type,
    ctx,
    signal,
    batchIndex,
    getRawInput: async () => input,
  };
  return callTRPCProcedure(options);
}

/**
 * The input as procedures are given it, before their parser.
 *
 * @throws TRPCError with BAD_REQUEST when the transformer cannot read it
 */
export function inputOf(router: Invocation["app"]["router"], request: Request): unknown {
  return mergeLastEventId(request, deserializedInput(router, request));
}

function deserializedInput(router: Invocation["app"]["router"], request: Request): unknown {
  try {
    const message = parseTRPCMessage(
      {
        id: request.replyTo.id,
        method: request.type,
        params: { path: request.path, input: request.rawInput },
      },
      router._def._config.transformer,
    );
    return message.method === "subscription.stop" ? undefined : message.params.input;
  } catch (cause) {
    throw new TRPCError({
      code: "BAD_REQUEST",
      message: "The input cannot be deserialised",
      cause,
    });
  }
}

/** As tRPC's own adapter does, and by spread: `Object.assign` would follow a `__proto__` key of the client's JSON. */
function mergeLastEventId({ lastEventId }: Request, input: unknown): unknown {
  if (lastEventId === undefined) return input;
  if (typeof input === "object" && input !== null && !Array.isArray(input)) {
    return { ...input, lastEventId };
  }
  return input ?? { lastEventId };
}

/** Answers a query or a mutation. */
export async function answerCall(invocation: Invocation, call: Call): Promise<void> {
  const { request } = call;
  const data = await runProcedure(invocation, call);
  // After the deadline the client has its answer.
  call.signal.throwIfAborted();
  if (isStream(data)) {
    throw new TRPCError({
      code: "UNSUPPORTED_MEDIA_TYPE",
      message: `Cannot return an async iterable or observable from a ${request.type} procedure with WebSockets`,
    });
  }
  const { transformer } = invocation.app.router._def._config;
  const frame = dataFrame(request.replyTo, eventText(transformer.output.serialize(data)));
  await reply(invocation, assertDeliverable(frame));
  tellCalled(invocation, request);
}

/** Tells whether a procedure returned events instead of a value. */
function isStream(value: unknown): boolean {
  return isAsyncIterable(value) || isObservable(value);
}

/** Tells whether a value can be iterated with `for await`. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
