import { TRPCError } from "@trpc/server";
import { dataFrame, startedFrame, stoppedFrame } from "../../protocol/serverMessage.ts";
import { serializeEvent } from "../../publisher/event.ts";
import type { Call } from "./call.ts";
import type { Invocation } from "./invocation.ts";
import { reply, replyError } from "./replies.ts";
import { tellCalled } from "./tellEnds.ts";
import { settledWithin } from "./waiting.ts";

/**
 * How often a running generator asks whether it is still wanted: its `subscription.stop` and its `$disconnect` are
 * handled by other invocations.
 */
const POLL_MS = 1_000;
/**
 * Time a generator gets to end after it was aborted; one that hangs must not hold the invocation. Shorter than what an
 * invocation leaves to its work after the deadline, because the rows are removed afterwards.
 */
const RETURN_TIMEOUT_MS = 200;

/**
 * Sends what a generator yields until it ends, then `stopped`; an error of it before that. Ends early when the client
 * stopped or disconnected.
 *
 * @throws TRPCError rejects with TIMEOUT when the invocation's time is up; a client can subscribe again, with the
 * `lastEventId` of what it received
 */
export async function streamEvents(
  invocation: Invocation,
  call: Call,
  events: AsyncIterable<unknown>,
): Promise<void> {
  const failure = await sendEvents(invocation, call, events);
  tellCalled(invocation, call.request, failure);
}

/** @returns what the client was told that the generator threw */
async function sendEvents(
  invocation: Invocation,
  call: Call,
  events: AsyncIterable<unknown>,
): Promise<{ readonly cause: unknown } | undefined> {
  const { replyTo, path } = call.request;
  const iterator = events[Symbol.asyncIterator]();
  let failure: { readonly cause: unknown } | undefined;
  try {
    if (!(await sendAll(invocation, call, iterator))) return undefined;
  } catch (cause) {
    if (invocation.deadline.work.aborted) throw timeout(path);
    failure = { cause };
    await replyError(invocation, replyTo, { cause, place: { type: "subscription", path } });
  } finally {
    call.abort();
    await endIterator(iterator, (error) => invocation.reportError(error, call.request));
  }
  const ended = await endStored(invocation, call);
  if (ended) await reply(invocation, stoppedFrame(replyTo));
  return failure;
}

/** @returns whether the generator came to its own end */
async function sendAll(
  invocation: Invocation,
  call: Call,
  iterator: AsyncIterator<unknown>,
): Promise<boolean> {
  const { replyTo, path } = call.request;
  if ((await reply(invocation, startedFrame(replyTo))) === "gone") return false;
  let next = iterator.next();
  let pollAt = Date.now() + POLL_MS;
  for (;;) {
    const result = await settledWithin(next, Math.max(0, pollAt - Date.now()), call.signal);
    if (invocation.deadline.work.aborted) throw timeout(path);
    if (Date.now() >= pollAt) {
      if (!(await isWanted(invocation, call))) return false;
      pollAt = Date.now() + POLL_MS;
    }
    if (result === undefined) continue;
    if (result.done === true) return true;
    const event = serializeEvent(invocation.app.router, path, result.value);
    if ((await reply(invocation, dataFrame(replyTo, event))) === "gone") return false;
    next = iterator.next();
  }
}

function timeout(path: string): TRPCError {
  return new TRPCError({
    code: "TIMEOUT",
    message: `Subscription ${path} ran until the Lambda's deadline; subscribe again to go on`,
  });
}

async function isWanted({ app, connectionId }: Invocation, { request }: Call): Promise<boolean> {
  const [connection, [subscription]] = await Promise.all([
    app.store.getConnection(connectionId),
    app.store.getSubscriptions([{ connectionId, id: request.replyTo.id }]),
  ]);
  return connection !== undefined && subscription !== undefined;
}

async function endIterator(
  iterator: AsyncIterator<unknown>,
  report: (error: unknown) => void,
): Promise<void> {
  const returned = iterator.return?.().catch(report);
  if (returned === undefined) return;
  await settledWithin(returned, RETURN_TIMEOUT_MS, new AbortController().signal);
}

async function endStored(
  { app, connectionId, event }: Invocation,
  { request }: Call,
): Promise<boolean> {
  const ended = await app.store.stop({
    connectionId,
    id: request.replyTo.id,
    requestTimeMs: event.requestContext.requestTimeEpoch,
  });
  return ended !== undefined;
}
