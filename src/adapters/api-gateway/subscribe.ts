import { TRPCError } from "@trpc/server";
import { isObservable, observableToAsyncIterable } from "@trpc/server/observable";
import { dataFrame, startedFrame } from "../../protocol/serverMessage.ts";
import type { Delivery } from "../../publisher/deliver.ts";
import { runStopHook } from "../../publisher/endConnection.ts";
import { serializeEvent } from "../../publisher/event.ts";
import type { NewSubscription, SubscribeOutcome } from "../../store/types.ts";
import { definitionOf } from "../../subscriptions/definitionOf.ts";
import { subscriberRoutes } from "../../subscriptions/filter.ts";
import { encodeHookState, MAX_HOOK_STATE_LENGTH } from "../../subscriptions/hookState.ts";
import { type Capture, captureOptions } from "../../subscriptions/resolver.ts";
import { type Call, isAsyncIterable, runProcedure } from "./call.ts";
import type { Invocation } from "./invocation.ts";
import { isFreedByStop } from "./overtakenStop.ts";
import { reply } from "./replies.ts";
import { streamEvents } from "./stream.ts";
import type { SubscribeQueue } from "./subscribeQueue.ts";
import { tellSubscribed } from "./tellEnds.ts";
import { beforeDeadline } from "./waiting.ts";

/** What `.subscription()` led to. */
type Prepared =
  | { readonly kind: "stored"; readonly capture: Capture }
  | { readonly kind: "streamed"; readonly events: AsyncIterable<unknown> };

/**
 * Runs a subscription's procedure once, stores its rows, then sends what `onStart` yields and `started`. A procedure
 * that was not made by `resolver()` is run to its end here, its values sent as they come.
 *
 * Rejects with what the client is to be told; no row is left then.
 */
export async function subscribe(
  invocation: Invocation,
  call: Call,
  queue: SubscribeQueue,
): Promise<void> {
  const prepared = await prepare(invocation, call);
  // After the deadline the client has its answer; a row stored now would be a subscription nobody knows of.
  call.signal.throwIfAborted();
  const rows = rowsOf(invocation.app, call.request.path, prepared);
  const outcome = await store(invocation, call, { rows, queue });
  if (outcome.status !== "active") return refuse(outcome, call);
  if (outcome.repeated === true) {
    // The first invocation of this frame runs the hooks or the generator. Its `started` may have been lost.
    if (prepared.kind === "stored") await reply(invocation, startedFrame(call.request.replyTo));
    return;
  }
  try {
    if (prepared.kind === "streamed") {
      await streamEvents(invocation, call, prepared.events);
      return;
    }
    // A hook that hangs must not keep the rows: its client has been told that there is no subscription.
    const started = await beforeDeadline(start(invocation, call, prepared.capture), call.signal);
    if (started !== "gone") tellSubscribed(invocation, call.request, rows.routes);
  } catch (error) {
    await endSubscription(invocation, call);
    throw error;
  }
}

async function prepare(invocation: Invocation, call: Call): Promise<Prepared> {
  const { path } = call.request;
  const captured: { capture?: Capture; closed?: true } = {};
  const extra = captureOptions((capture) => {
    if (captured.closed) throw misplacedResolver(path);
    captured.capture = capture;
  });
  const result = await runProcedure(invocation, { ...call, extra });
  captured.closed = true;
  const { capture } = captured;
  if (capture !== undefined) {
    const { definition } = capture;
    const isPlain =
      Object.keys(definition.hooks).length === 0 &&
      definition.schema === undefined &&
      definition.shards === 1;
    // The publisher looks the definition up by path and would not find hooks that are called inside another function.
    if (!isPlain && (await definitionOf(invocation.app, path)) !== definition) {
      throw misplacedResolver(path);
    }
    return { kind: "stored", capture };
  }
  if (isObservable(result)) {
    // Making it an iterable subscribes to it, which a subscription that is refused must not.
    const iterate = (): AsyncIterator<unknown> =>
      observableToAsyncIterable(result, call.signal)[Symbol.asyncIterator]();
    return { kind: "streamed", events: { [Symbol.asyncIterator]: iterate } };
  }
  if (isAsyncIterable(result)) return { kind: "streamed", events: result };
  throw new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message: `Subscription ${path} did not return an observable or a AsyncGenerator`,
  });
}

function misplacedResolver(path: string): TRPCError {
  return new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message: `Subscription ${path}: give the result of subscriptions.resolver() to .subscription() itself; called inside another function its options cannot be found at publish`,
  });
}

async function store(
  invocation: Invocation,
  call: Call,
  { rows, queue }: { readonly rows: Rows; readonly queue: SubscribeQueue },
): Promise<SubscribeOutcome> {
  const { replyTo, path } = call.request;
  const connection = await call.requestContext.connection();
  const { requestTimeEpoch, messageId, requestId } = invocation.event.requestContext;
  const subscription = {
    ...replyTo,
    requestTimeMs: requestTimeEpoch,
    // With its place: a frame may hold the same id twice, and the second is no repeated invocation of the first.
    messageId: `${messageId ?? requestId}#${call.batchIndex}`,
    path,
    ...rows,
  };
  try {
    for (;;) {
      const outcome = await beforeDeadline(queue.add(connection, subscription), call.signal);
      if (outcome.status !== "duplicate" || !(await isFreedByStop(invocation, call))) {
        return outcome;
      }
    }
  } catch (error) {
    // The rows may be there, with only the answer lost, or those of another part of the frame.
    if (await isStored(invocation, call)) await endSubscription(invocation, call);
    throw error;
  }
}

/** Whether this request's own subscription is live: a stop would end an older one with its id as well. */
async function isStored(
  { app, connectionId, event, reportError }: Invocation,
  { request }: Call,
): Promise<boolean> {
  const asked = [{ connectionId, id: request.replyTo.id }];
  const live = await app.store.getSubscriptions(asked).catch((error: unknown) => {
    reportError(error, { type: "subscription", path: request.path });
    return [];
  });
  return live.some(({ requestTimeMs }) => requestTimeMs === event.requestContext.requestTimeEpoch);
}

/** What depends on the procedure of what is stored. */
type Rows = Pick<NewSubscription, "routes" | "hookState" | "shards">;

function rowsOf(app: Invocation["app"], path: string, prepared: Prepared): Rows {
  if (prepared.kind === "streamed") return { routes: [], shards: 1 };
  const { input, ctx, definition } = prepared.capture;
  const routes = subscriberRoutes(app, { path, input, ctx });
  const { hooks, shards } = definition;
  if (hooks.onData === undefined && hooks.onStop === undefined) return { routes, shards };
  const hookState = encodeHookState(app.router, { input, ctx: namedFields(hooks.ctx, ctx) });
  if (hookState.length > MAX_HOOK_STATE_LENGTH) {
    throw new TRPCError({
      code: "PAYLOAD_TOO_LARGE",
      message: `Input and named ctx fields of subscription ${path} take ${hookState.length} characters; its hooks can be given at most ${MAX_HOOK_STATE_LENGTH}`,
    });
  }
  return { routes, hookState, shards };
}

function namedFields(names: object | undefined, ctx: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  if (typeof ctx !== "object" || ctx === null) return fields;
  for (const name of Object.keys(names ?? {})) {
    Object.defineProperty(fields, name, { value: Reflect.get(ctx, name), enumerable: true });
  }
  return fields;
}

/** @throws TRPCError for what the client is to be told of; a subscription that was stopped already gets no answer */
function refuse(outcome: Exclude<SubscribeOutcome, { status: "active" }>, call: Call): void {
  const { id } = call.request.replyTo;
  switch (outcome.status) {
    case "stale":
      return;
    case "duplicate":
      throw new TRPCError({ code: "BAD_REQUEST", message: `Duplicate id ${id}` });
    case "limit":
      throw new TRPCError({
        code: "TOO_MANY_REQUESTS",
        message: `This connection has ${outcome.maxSubscriptions} subscriptions, which is the most it may have. Stop some first.`,
      });
    case "closed":
      throw new TRPCError({
        code: "UNAUTHORIZED",
        message: "This connection is closed or its session has expired",
      });
    default:
      outcome satisfies never;
  }
}

/** Rows first, then `onStart`, then `started`: what is published once the client knows it is subscribed comes after. */
async function start(
  invocation: Invocation,
  call: Call,
  capture: Capture,
): Promise<Delivery["status"]> {
  const { app, connectionId } = invocation;
  const { replyTo, path } = call.request;
  const { input, definition } = capture;
  const { signal } = call;
  const ctx = capture.ctx as Readonly<Record<string, unknown>>;
  const started = definition.hooks.onStart?.({ input, ctx, path, connectionId, signal });
  if (isAsyncIterable(started)) {
    for await (const data of started) {
      signal.throwIfAborted();
      const event = serializeEvent(app.router, path, data);
      if ((await reply(invocation, dataFrame(replyTo, event))) === "gone") return "gone";
    }
  } else {
    await started;
  }
  signal.throwIfAborted();
  return reply(invocation, startedFrame(replyTo));
}

/** Takes back what {@link subscribe} stored. */
async function endSubscription(
  { app, connectionId, event, reportError }: Invocation,
  { request }: Call,
): Promise<void> {
  const ended = await app.store
    .stop({
      connectionId,
      id: request.replyTo.id,
      requestTimeMs: event.requestContext.requestTimeEpoch,
    })
    .catch((error: unknown) => reportError(error, { type: "subscription", path: request.path }));
  if (ended) await runStopHook(app, ended, (error) => reportError(error, request));
}
