import { TRPCError } from "@trpc/server";
import { ResumeGapError } from "../errors/history.ts";
import { eventTimeMs } from "../protocol/eventId.ts";
import type { QuietClient, Store, StoredEvent } from "../store/types.ts";

/** A cursor may be this much ahead of our clock. */
const MAX_SKEW_MS = 60_000;

/** The most that is read for one client, in UTF-16 units of text: what it has had is read again, and held in memory. */
const MAX_READ_LENGTH = 4 * 1024 * 1024;

/** What a client may have missed. */
export interface MissedQuery extends QuietClient {
  /** Only events whose cursor is not less than this text. */
  readonly from: string;
  /** Events behind the cursor that it may be sent. */
  readonly maxEvents: number;
  readonly signal: AbortSignal;
}

/**
 * Reads the events that a client may have missed, in the order of their cursors, each once.
 *
 * @returns `undefined` when it has missed more than it may be sent
 */
export async function missedEvents(
  { history }: Pick<Store, "history">,
  { path, filters, cursor, from, maxEvents, signal }: MissedQuery,
): Promise<readonly StoredEvent[] | undefined> {
  const found = new Map<string, StoredEvent>();
  let missed = 0;
  let length = 0;
  let isTooMuch = false;
  const readOne = async (filter: string | undefined): Promise<void> => {
    const at = filter === undefined ? { path } : { path, filter };
    for await (const page of history.read({ ...at, from, signal })) {
      for (const event of page) {
        if (found.has(event.cursor)) continue;
        found.set(event.cursor, event);
        length += event.text.length;
        if (event.cursor > cursor) missed++;
      }
      isTooMuch ||= missed > maxEvents || length > MAX_READ_LENGTH;
      if (isTooMuch) return;
    }
  };
  await Promise.all(filters.map(readOne));
  if (isTooMuch) return undefined;
  return [...found.values()].toSorted((a, b) => (a.cursor < b.cursor ? -1 : 1));
}

/**
 * The last event that a client has seen, as it says.
 *
 * @throws TRPCError with BAD_REQUEST for one that is none of ours
 */
export function checkedLastEventId(lastEventId: unknown): string {
  const timeMs = typeof lastEventId === "string" ? eventTimeMs(lastEventId) : undefined;
  if (
    typeof lastEventId !== "string" ||
    timeMs === undefined ||
    timeMs > Date.now() + MAX_SKEW_MS
  ) {
    throw new TRPCError({
      code: "BAD_REQUEST",
      message: "lastEventId is not the id of an event of this subscription",
    });
  }
  return lastEventId;
}

/** What a client is told that cannot be sent what it missed. */
export function gapError(problem: string): TRPCError {
  const cause = new ResumeGapError(problem);
  return new TRPCError({ code: "PRECONDITION_FAILED", message: cause.message, cause });
}
