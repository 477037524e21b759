import type {
  EventHistory,
  EventQuery,
  KeepOutcome,
  NewEvent,
  StoredEvent,
} from "./eventHistory.ts";
import type { Keys } from "./keys.ts";
import { type EventRow, live, partitionOf, type Rows, removeExpired } from "./memoryRows.ts";
import { keyText } from "./rows.ts";

/** The events of a store in memory. */
export function history(rows: Rows, keys: Keys): EventHistory {
  return {
    keep: async (event) => keep(rows, keys, event),
    forget: async ({ path, filters, cursor }) => {
      for (const filter of filters) rows.events.get(keys.events(path, filter))?.delete(cursor);
    },
    finish: async ({ path, key }) => {
      const row = rows.publishKeys.get(keys.publishKey(path, key).pk);
      if (row !== undefined) row.finished = true;
    },
    noteQuiet: async (client, untilMs, expireAt) => {
      rows.quiet.set(keyText(keys.quiet(client)), { untilMs, expireAt: Math.floor(expireAt) });
    },
    quietUntil: async (client) => live(rows, rows.quiet.get(keyText(keys.quiet(client))))?.untilMs,
    read: (query) => read(rows, keys, query),
  };
}

function keep(rows: Rows, keys: Keys, event: NewEvent): KeepOutcome {
  removeExpired(rows);
  const { path, filters, cursor, text, once } = event;
  if (once !== undefined) {
    const { pk } = keys.publishKey(path, once.key);
    const there = live(rows, rows.publishKeys.get(pk));
    if (there !== undefined && there.cursor !== cursor) {
      const { fingerprint, finished } = there;
      return { status: "repeated", cursor: there.cursor, fingerprint, finished };
    }
    const { fingerprint } = once;
    const own = { cursor, fingerprint, finished: false, expireAt: Math.floor(event.expireAt) };
    rows.publishKeys.set(pk, there ?? own);
  }
  const row = { text, expireAt: Math.floor(event.expireAt) };
  for (const filter of filters) {
    partitionOf(rows.events, keys.events(path, filter)).set(cursor, row);
  }
  return { status: "kept" };
}

/** Events of one page, so that readers meet more than one. */
const PAGE_EVENTS = 100;

async function* read(
  rows: Rows,
  keys: Keys,
  { path, filter, from, signal }: EventQuery,
): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  const partition = rows.events.get(keys.events(path, filter)) ?? new Map<string, EventRow>();
  // Cursors are ASCII, where the order of text is that of bytes.
  const found = [...partition]
    .filter(([cursor, row]) => cursor >= from && live(rows, row) !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([cursor, { text }]) => ({ cursor, text }));
  for (let start = 0; start < found.length; start += PAGE_EVENTS) {
    signal?.throwIfAborted();
    yield found.slice(start, start + PAGE_EVENTS);
  }
}
