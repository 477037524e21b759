import { TRPCError } from "@trpc/server";
import { isObservable, observableToAsyncIterable } from "@trpc/server/observable";
import { EventIds } from "../../protocol/eventId.ts";
import { startedFrame } from "../../protocol/serverMessage.ts";
import type { SubscribeOutcome } from "../../store/types.ts";
import { definitionOf } from "../../subscriptions/definitionOf.ts";
import { type Capture, captureOptions } from "../../subscriptions/resolver.ts";
import { type Call, isAsyncIterable, runProcedure } from "./call.ts";
import { endSubscription } from "./endSubscription.ts";
import type { Invocation } from "./invocation.ts";
import { isFreedByStop } from "./overtakenStop.ts";
import { replayOf } from "./replay.ts";
import { reply } from "./replies.ts";
import type { Slots } from "./slots.ts";
import { start } from "./start.ts";
import { NO_ROUTES, rowsOf, storeSubscription } from "./storeSubscription.ts";
import { streamEvents } from "./stream.ts";
import type { SubscribeQueue } from "./subscribeQueue.ts";
import { tellSubscribed } from "./tellEnds.ts";
import { beforeDeadline } from "./waiting.ts";

/** What `.subscription()` led to. */
type Prepared =
  | { readonly kind: "stored"; readonly capture: Capture }
  | { readonly kind: "streamed"; readonly events: AsyncIterable<unknown> };

/** What the subscriptions of one frame share. */
export interface SharedByFrame {
  readonly queue: SubscribeQueue;
  readonly slots: Slots;
}

/**
 * Runs a subscription's procedure once, stores its rows, then sends what `onStart` yields and `started`. A procedure
 * that was not made by `resolver()` is run to its end here, its values sent as they come.
 *
 * Rejects with what the client is to be told; no row is left then.
 */
export async function subscribe(
  invocation: Invocation,
  call: Call,
  shared: SharedByFrame,
): Promise<void> {
  const prepared = await prepare(invocation, call);
  // After the deadline the client has its answer; a row stored now would be a subscription nobody knows of.
  call.signal.throwIfAborted();
  if (prepared.kind === "stored") {
    await subscribeStored(invocation, call, { ...shared, capture: prepared.capture });
    return;
  }
  const { queue } = shared;
  const outcome = await storeSubscription(invocation, call, { rows: NO_ROUTES, queue });
  if (outcome.status !== "active") return refuse(outcome, call);
  // The first invocation of this frame runs the generator.
  if (outcome.repeated === true) return;
  await orEnd(invocation, call, () => streamEvents(invocation, call, prepared.events));
}

async function subscribeStored(
  invocation: Invocation,
  call: Call,
  { capture, queue, slots }: SharedByFrame & { readonly capture: Capture },
): Promise<void> {
  const { path, replyTo } = call.request;
  const rows = rowsOf(invocation.app, path, capture);
  const replay = replayOf(invocation, call, { capture, slots, hookState: rows.hookState });
  // Where the id stays in use, what was missed waits until it is known whose it is.
  if (replay !== undefined && (await isFreedByStop(invocation, call))) {
    if (!(await beforeDeadline(replay.beforeStored(), call.signal))) return;
  }
  const outcome = await storeSubscription(invocation, call, { rows, queue });
  if (outcome.status !== "active") return refuse(outcome, call);
  if (outcome.repeated === true) {
    // The first invocation of this frame runs the hooks. What it sent may have been lost.
    if ((await replay?.afterStored()) === false) return;
    const cursor = capture.definition.history && new EventIds(() => Date.now()).next();
    await reply(invocation, startedFrame(replyTo, cursor));
    return;
  }
  await orEnd(invocation, call, async () => {
    // A hook that hangs must not keep the rows: its client has been told that there is no subscription.
    const started = start(invocation, call, { capture, replay });
    if ((await beforeDeadline(started, call.signal)) === "gone") return;
    tellSubscribed(invocation, call.request, { routes: rows.routes, replay });
  });
}

/** Takes back what was stored when the rest fails. */
async function orEnd(invocation: Invocation, call: Call, work: () => Promise<void>): Promise<void> {
  try {
    await work();
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
