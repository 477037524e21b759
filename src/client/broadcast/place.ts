import type { Envelope } from "../../protocol/broadcast.ts";
import { earliestEventId, eventTimeMs } from "../../protocol/eventId.ts";

/** A client that was given nothing for so long asks once more, so that its last event does not become too old. */
const STALE_MS = 30 * 60_000;

/** Where a subscription is among the events of a route with history. */
export class Place {
  #cursor: string | undefined;
  /** Events that it was given, by their ids, with their places: from the overlap before the cursor on. */
  readonly #given = new Map<string, string>();
  #overlapMs = 0;

  /** @param cursor - the last event that the application has */
  constructor(cursor: string | undefined) {
    this.#cursor = cursor;
    if (cursor !== undefined) this.#given.set(cursor, cursor);
  }

  /** The latest event that it was given, or a later id of which is known that it has all before it. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** How far before the cursor events are sent again. */
  set overlapMs(overlapMs: number) {
    this.#overlapMs = overlapMs;
  }

  /** Whether an id of now is so much later that it should ask what there was. */
  isStaleAt(now: string): boolean {
    if (this.#cursor === undefined) return false;
    return (eventTimeMs(now) ?? 0) - (eventTimeMs(this.#cursor) ?? 0) > STALE_MS;
  }

  /** Everything up to an id was given. */
  advance(cursor: string): void {
    if (this.#cursor === undefined || cursor > this.#cursor) this.#cursor = cursor;
  }

  /** Whether an event is given for the first time; from then on it was. */
  isNew(id: string, cursor: string): boolean {
    const isNew = !this.#given.has(id);
    this.#given.set(id, cursor);
    this.advance(cursor);
    return isNew;
  }

  /** Forgets what is not sent again. Not while that is asked for from an earlier cursor. */
  forget(): void {
    const from = earliestEventId((eventTimeMs(this.#cursor ?? "") ?? 0) - this.#overlapMs);
    for (const [id, cursor] of this.#given) {
      // Nearly in order: what is left behind goes another time.
      if (cursor >= from) return;
      this.#given.delete(id);
    }
  }
}

/** In the order of their places in the history. */
export function byPlace(a: Envelope, b: Envelope): number {
  return (a.c ?? a.i ?? "") < (b.c ?? b.i ?? "") ? -1 : 1;
}

/** As an application puts it into the input to go on from there; whatever it is, the server judges it. */
export function lastEventIdOf(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("lastEventId" in input)) return undefined;
  const { lastEventId } = input;
  return lastEventId === undefined || lastEventId === null ? undefined : String(lastEventId);
}
