import type { Connection, Frame } from "./platform.ts";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** An event id as publishers make it: that of the n-th event, of a publisher. */
export function eventId(n: number, publisher = "abcdefgh"): string {
  let time = "";
  for (let rest = 1_800_000_000_000 + n; time.length < 9; rest = Math.floor(rest / 32)) {
    time = DIGITS.charAt(rest % 32) + time;
  }
  return `${time}000${publisher}`;
}

/** A subscription as clients send it. */
export function subscription(
  id: number | string,
  { lastEventId, input = { room: "red" } }: { lastEventId?: string; input?: unknown } = {},
): Frame {
  const params = {
    input,
    path: "onMessage",
    ...(lastEventId === undefined ? {} : { lastEventId }),
  };
  return { id, method: "subscription", params };
}

/** The client's end of a subscription. */
export const stop = (id: number): Frame => ({ id, method: "subscription.stop" });

/** The n-th event, for a subscription with history. */
export function event(id: number | string, n: number, { cursor = eventId(n) } = {}): Frame {
  return { id, result: { type: "data", id: cursor, data: { id: eventId(n), data: n } } };
}

/** The end of the replay, with the time of the n-th event as the start cursor. */
export function started(id: number | string, n?: number): Frame {
  const result = { type: "started", ...(n === undefined ? {} : { cursor: eventId(n) }) };
  return { id, result };
}

/** What a client was given: `started` and such by name, events by number. */
export function shown({ received }: Connection): readonly unknown[] {
  return received.map((frame) => {
    const { result, error } = frame as {
      result?: { type: string; data?: { data?: unknown } };
      error?: unknown;
    };
    if (error !== undefined) return "error";
    if (result?.type !== "data") return result?.type ?? frame;
    return result.data?.data ?? result.data;
  });
}
