import { UnknownRouteError } from "../../errors/history.ts";
import type { OutboxEvent } from "../../store/types.ts";
import { definitionOf } from "../../subscriptions/definitionOf.ts";
import { tellPublished } from "../observed.ts";
import type { PublisherContext } from "../publisherOptions.ts";
import { withDeadline } from "../withDeadline.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { EventFanOut } from "./eventFanOut.ts";
import { OutOfTimeError } from "./outOfTime.ts";
import type { OutboxReport } from "./types.ts";

/**
 * Posts an event of the outbox to its audience, or to those of it who are left.
 *
 * @returns `undefined` when there is nothing left to do
 */
export async function postEvent(
  context: PublisherContext,
  event: OutboxEvent,
  deadlineMs: number,
): Promise<OutboxReport | undefined> {
  const { app, report } = context;
  const { path, filters: keys, cursor: eventId } = event;
  const definition = await definitionOf(app, path);
  if (definition?.history === undefined) {
    // It would only come again, and hold up all others.
    report(new UnknownRouteError(path, eventId), { path });
    return undefined;
  }
  const parts = { target: { path, definition }, history: definition.history, event };
  return withDeadline({ deadlineMs }, async (signals) => {
    const checkpoint = await readCheckpoint(app, eventId);
    if (checkpoint.done === true) return undefined;
    const fanOut = new EventFanOut(context, { ...parts, signals }, checkpoint);
    try {
      await fanOut.run();
    } catch (error) {
      throw signals.stop.aborted ? new OutOfTimeError(eventId) : error;
    }
    const told = { ...fanOut.report, by: "stream", complete: true, duplicates: 0 } as const;
    tellPublished(context, { job: { id: eventId, path, keys } }, told);
    return fanOut.report;
  });
}
