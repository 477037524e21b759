import { TRPCError } from "@trpc/server";
import type { NewSubscription, SubscribeOutcome } from "../../store/types.ts";
import { subscriberRoutes } from "../../subscriptions/filter.ts";
import { encodeHookState, MAX_HOOK_STATE_LENGTH } from "../../subscriptions/hookState.ts";
import type { Capture } from "../../subscriptions/resolver.ts";
import type { Call } from "./call.ts";
import { endSubscription } from "./endSubscription.ts";
import type { Invocation } from "./invocation.ts";
import { isFreedByStop } from "./overtakenStop.ts";
import type { SubscribeQueue } from "./subscribeQueue.ts";
import { beforeDeadline } from "./waiting.ts";

/** What depends on the procedure of what is stored. */
export type Rows = Pick<NewSubscription, "routes" | "hookState" | "shards">;

/** Rows of a subscription that runs inside its invocation: publishers do not find it. */
export const NO_ROUTES: Rows = { routes: [], shards: 1 };

/** @throws TRPCError when its hooks would need more of it than is stored */
export function rowsOf(
  app: Invocation["app"],
  path: string,
  { input, ctx, definition }: Capture,
): Rows {
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

/** Stores the rows of a request. */
export async function storeSubscription(
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
