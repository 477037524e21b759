import { randomBytes } from "node:crypto";
import { callTRPCProcedure, getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import { teller } from "../events/teller.ts";
import type { Grant, GrantRequest } from "../protocol/broadcast.ts";
import { definitionOf, hasProcedure } from "../subscriptions/definitionOf.ts";
import { unservedProblem } from "../subscriptions/perSubscriber.ts";
import { type Capture, captureOptions } from "../subscriptions/resolver.ts";
import { base32 } from "./base32.ts";
import type { BroadcastContext } from "./context.ts";
import { grantHistory } from "./missed.ts";
import { MAX_TOKEN_LENGTH, signGrant } from "./token.ts";

/** 128 bits: no two clients have the same, and nobody guesses another one's. */
const CLIENT_ID_BYTES = 16;

/** A request for a grant, with what came with it by HTTP. */
export interface GrantCall {
  readonly request: GrantRequest;
  /** The context before the subscription's own middleware. */
  readonly ctx: unknown;
  readonly signal: AbortSignal | undefined;
}

/**
 * Answers whether a client may subscribe: runs the subscription's middleware and input parser, and its resolver, which
 * only tells what it was called with.
 *
 * @throws TRPCError with what the client is to be told
 */
async function giveGrant(context: BroadcastContext, call: GrantCall): Promise<Grant> {
  const { app, broker, keys, topics, grantTtlMs } = context;
  const { signal } = call;
  const { path, lastEventId } = call.request;
  const { input, ctx, definition } = await captureOf(context, call);
  const names = topics.ofSubscriber(app, { path, input, ctx });
  const clientId = base32(randomBytes(CLIENT_ID_BYTES));
  const claims = { clientId, topics: names, expiresAtMs: Date.now() + grantTtlMs };
  const token = signGrant(keys[0], claims);
  if (token.length > MAX_TOKEN_LENGTH) {
    throw internal(
      `Subscription ${path} has ${names.length} topics, more than a token holds. Declare fewer filters on it.`,
    );
  }
  const { history } = definition;
  const told =
    history && (await grantHistory(context, { path, input, ctx, history, lastEventId, signal }));
  return {
    topics: names,
    token,
    clientId,
    expiresInMs: grantTtlMs,
    ...(broker.endpoint !== undefined && { endpoint: broker.endpoint }),
    ...(told !== undefined && { history: told }),
  };
}

/** Answers whether a client may subscribe, and tells whoever listens. */
export async function giveToldGrant(context: BroadcastContext, call: GrantCall): Promise<Grant> {
  const { app } = context;
  const { path } = call.request;
  const tell = teller(app.onEvent, undefined);
  const startedAt = performance.now();
  const durationMs = (): number => performance.now() - startedAt;
  try {
    const grant = await giveGrant(context, call);
    tell?.({ type: "granted", path, topics: grant.topics.length, durationMs: durationMs() });
    return grant;
  } catch (thrown) {
    const error = getTRPCErrorFromUnknown(thrown);
    tell?.({
      type: "grantRefused",
      code: error.code,
      durationMs: durationMs(),
      ...(hasProcedure(app, path) && { path }),
    });
    throw error;
  }
}

async function captureOf(
  { app, broker, store }: BroadcastContext,
  { request, ctx, signal }: GrantCall,
): Promise<Capture> {
  const { path, input } = request;
  // Before it is called: what is no resolver of ours would begin to run.
  const definition = await definitionOf(app, path);
  if (definition === undefined) throw notServed(app, path);
  const engine = { name: broker.name, keepsEvents: store !== undefined };
  const problem = unservedProblem(engine, path, definition);
  if (problem !== undefined) throw internal(problem);
  const captured: { capture?: Capture } = {};
  const options = {
    ...captureOptions((capture) => {
      captured.capture = capture;
    }),
    router: app.router,
    path,
    type: "subscription" as const,
    ctx,
    signal,
    batchIndex: 0,
    getRawInput: async () => input,
  };
  await callTRPCProcedure(options);
  const { capture } = captured;
  // A middleware that does not call next() but returns a result.
  if (capture === undefined) throw internal(`Subscription ${path} did not come to its resolver.`);
  return capture;
}

function notServed(app: BroadcastContext["app"], path: string): TRPCError {
  return new TRPCError({
    code: "NOT_FOUND",
    message: hasProcedure(app, path)
      ? `"${path}" is no subscription whose resolver is subscriptions.resolver()`
      : `No subscription found on path "${path}"`,
  });
}

function internal(message: string): TRPCError {
  return new TRPCError({ code: "INTERNAL_SERVER_ERROR", message });
}
