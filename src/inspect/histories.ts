import { eventTimeMs } from "../protocol/eventId.ts";
import type { HashedText, KeyParts } from "../store/readKeys.ts";
import type { InspectedHistory } from "./types.ts";

/** What of a history a row is. */
export type HistoryRow = Extract<KeyParts, { kind: "event" | "publishKey" | "quietNote" }>;

interface Counts {
  readonly path: InspectedHistory["path"];
  /** An event has a row for each filter it was published to. */
  readonly cursors: Set<string>;
  publishKeys: number;
  quietNotes: number;
}

/** Counts what is kept of routes with history. */
export class Histories {
  readonly #byPath = new Map<string, Counts>();

  /** Takes one row that has not expired. */
  add(row: HistoryRow): void {
    const counts = this.#countsOf(row.path);
    switch (row.kind) {
      case "event":
        counts.cursors.add(row.cursor);
        return;
      case "publishKey":
        counts.publishKeys++;
        return;
      case "quietNote":
        counts.quietNotes++;
    }
  }

  /** In the order of their paths. */
  list(): readonly InspectedHistory[] {
    const order = [...this.#byPath].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return order.map(([, { cursors, ...counts }]) => {
      const [oldest, newest] = ends(cursors);
      return {
        ...counts,
        events: cursors.size,
        ...(oldest !== undefined && { oldestAt: eventTimeMs(oldest) ?? 0 }),
        ...(newest !== undefined && { newestAt: eventTimeMs(newest) ?? 0 }),
      };
    });
  }

  #countsOf(path: string | HashedText): Counts {
    const text = JSON.stringify(path);
    const known = this.#byPath.get(text);
    if (known !== undefined) return known;
    const made: Counts = { path, cursors: new Set(), publishKeys: 0, quietNotes: 0 };
    this.#byPath.set(text, made);
    return made;
  }
}

function ends(cursors: ReadonlySet<string>): readonly [oldest?: string, newest?: string] {
  let oldest: string | undefined;
  let newest: string | undefined;
  for (const cursor of cursors) {
    if (oldest === undefined || cursor < oldest) oldest = cursor;
    if (newest === undefined || cursor > newest) newest = cursor;
  }
  return oldest === undefined || newest === undefined ? [] : [oldest, newest];
}
