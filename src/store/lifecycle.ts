import type { EpochMs, NewSubscription, SubscribeOutcome } from "./types.ts";

/** Live subscriptions one connection may have when nothing else is said; as many as AppSync Events allows. */
export const DEFAULT_MAX_SUBSCRIPTIONS = 100;

/**
 * How long the trace of a stop or of a `$disconnect` is kept where nothing else had been stored. A frame that it must
 * keep out is at most one Lambda invocation late, and the longest lasts 15 minutes
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
export const TOMBSTONE_MS: number = 20 * 60 * 1000;

/** What a subscription row says about the last frame of its id. */
export interface LastFrame {
  readonly state: "ACTIVE" | "STOPPED";
  readonly requestTimeMs: EpochMs;
  /** Absent when all that is known is a stop. */
  readonly messageId?: string;
}

/**
 * What a `subscription` frame may do where its id has a row already.
 *
 * ```
 * last frame          this frame is older    same ms     newer
 * ACTIVE              stale                  duplicate   duplicate    active when it is the same frame
 * STOPPED             stale                  stale       replace
 * ```
 *
 * @returns the frame's outcome, or `"replace"` when the id is free to be used again
 */
export function meetLastFrame(
  last: LastFrame,
  frame: Pick<NewSubscription, "requestTimeMs" | "messageId">,
): SubscribeOutcome | "replace" {
  if (last.state === "STOPPED") {
    return last.requestTimeMs >= frame.requestTimeMs ? { status: "stale" } : "replace";
  }
  if (last.messageId === frame.messageId) return { status: "active", repeated: true };
  return { status: last.requestTimeMs > frame.requestTimeMs ? "stale" : "duplicate" };
}
