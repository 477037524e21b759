import { tracked } from "@trpc/server";
import { EventIds } from "../../protocol/eventId.ts";
import { dataFrame, startedFrame } from "../../protocol/serverMessage.ts";
import type { Delivery } from "../../publisher/deliver.ts";
import { serializeEvent } from "../../publisher/event.ts";
import type { Capture } from "../../subscriptions/resolver.ts";
import { type Call, isAsyncIterable } from "./call.ts";
import type { Invocation } from "./invocation.ts";
import type { Replay } from "./replay.ts";
import { notSent, reply } from "./replies.ts";

/**
 * What follows the rows: what was missed, what the hooks yield, and `started`. What is published once the client knows
 * that it is subscribed comes after.
 */
export async function start(
  invocation: Invocation,
  call: Call,
  { capture, replay }: { readonly capture: Capture; readonly replay: Replay | undefined },
): Promise<Delivery["status"]> {
  const { connectionId } = invocation;
  const { path, replyTo } = call.request;
  const { input, definition } = capture;
  const { hooks, history } = definition;
  if ((await replay?.afterStored()) === false) return "gone";
  // What the hooks read may be of any time after this one, whatever they take to read it.
  const startedAtMs = Date.now();
  const ids = history && new EventIds(() => startedAtMs);
  const cursor = ids?.next();
  const ctx = capture.ctx as Readonly<Record<string, unknown>>;
  const given = { input, ctx, path, connectionId, signal: call.signal };
  if (replay?.isGap === true) {
    const yielded = hooks.onGap?.({ ...given, lastEventId: replay.cursor });
    if ((await send(invocation, call, { yielded, ids })) === "gone") return "gone";
  }
  const yielded = hooks.onStart?.({ ...given, resumed: replay !== undefined });
  if ((await send(invocation, call, { yielded, ids })) === "gone") return "gone";
  call.signal.throwIfAborted();
  return reply(invocation, startedFrame(replyTo, cursor));
}

/** Sends what a hook yields, with ids where events have them. */
async function send(
  invocation: Invocation,
  { request: { path, replyTo }, signal }: Call,
  {
    yielded,
    ids,
  }: {
    readonly yielded: Promise<void> | AsyncIterable<unknown> | undefined;
    readonly ids: EventIds | undefined;
  },
): Promise<"gone" | undefined> {
  if (!isAsyncIterable(yielded)) {
    await yielded;
    return undefined;
  }
  for await (const data of yielded) {
    signal.throwIfAborted();
    const event = ids === undefined ? data : tracked(ids.next(), data);
    const frame = dataFrame(replyTo, serializeEvent(invocation.app.router, path, event));
    const status = await reply(invocation, frame);
    if (status === "gone") return status;
    // The next one would move the client's cursor past it.
    if (status === "failed" && ids !== undefined) throw notSent();
  }
  return undefined;
}
