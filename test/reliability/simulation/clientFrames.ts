import type { Event } from "./deployment.ts";

/** What a server tells a client. */
export interface ServerFrame {
  readonly id: number | null;
  readonly error?: { readonly message: string; readonly data?: { readonly code: string } };
  readonly result?: {
    readonly type: string;
    readonly id?: string;
    readonly data?: Event | { readonly id: string; readonly data: Event };
  };
}

/** An event that came. */
export interface Heard {
  readonly at: number;
  readonly event: Event;
  /** Of a route with history. */
  readonly kept?: {
    /** What the client sends when it comes back. */
    readonly cursor: string;
    readonly id: string;
  };
}

/** What a client was told by a frame with data. */
export function heard(
  { id: cursor }: Pick<NonNullable<ServerFrame["result"]>, "id">,
  data: Event | { readonly id: string; readonly data: Event },
  at: number,
): Heard {
  if (cursor === undefined || !("id" in data)) return { at, event: data as Event };
  return { at, event: data.data, kept: { cursor, id: data.id } };
}

/** Asks for a room. */
export function subscribing({ id, room }: Asked): unknown {
  return { id, method: "subscription", params: { path: "onEvent", input: { room } } };
}

/** Asks for a room whose events are kept. @param lastEventId - of the last event that the client has seen */
export function resuming({ id, room }: Asked, lastEventId: string | undefined): unknown {
  const params = { path: "onKept", input: { room }, lastEventId };
  return { id, method: "subscription", params };
}

interface Asked {
  readonly id: number;
  readonly room: string;
}
