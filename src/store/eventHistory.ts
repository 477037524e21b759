import type { EpochMs, EpochSeconds } from "./time.ts";

/** A kept event. */
export interface StoredEvent {
  /** Its place among the others, from `EventIds`. */
  readonly cursor: string;
  /** Its data, serialised, with the event's id in it. */
  readonly text: string;
}

/** Where events are kept: the same text that publishers find subscribers by. */
export interface EventAddress {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Key text, from `filterKey`; absent for events to every subscriber of the route. */
  readonly filter?: string;
}

/** An event to keep. */
export interface NewEvent extends StoredEvent {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Key text of everything it is published to, each once; `undefined` for every subscriber. 1 to 99 of them. */
  readonly filters: readonly (string | undefined)[];
  /** After this it counts as gone, and so does its key. */
  readonly expireAt: EpochSeconds;
  /** Keeps it from being published twice. */
  readonly once?: PublishKey;
  /** Its fan-out is left to the handler of the table's stream. */
  readonly outbox?: true;
}

/** A publisher's own name for an event. */
export interface PublishKey {
  readonly key: string;
  /** Tells another event with the same key from a repetition of this one. */
  readonly fingerprint: string;
}

/** What became of a {@link NewEvent}. */
export type KeepOutcome =
  | { readonly status: "kept" }
  /** One with its key was kept before, and nothing was done. */
  | {
      readonly status: "repeated";
      readonly cursor: string;
      readonly fingerprint: string;
      /** Whether {@link EventHistory.finish} was called for it. */
      readonly finished: boolean;
    };

/** A client that has heard nothing since an event. */
export interface QuietClient {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Every filter text that an event for it could have had. */
  readonly filters: readonly (string | undefined)[];
  /** The last event that it has seen. */
  readonly cursor: string;
}

/** Which events are read. */
export interface EventQuery extends EventAddress {
  /** Only those whose cursor is not less than this text. */
  readonly from: string;
  /** Ends the reading: the iterator rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Events that were published, for a while. */
export interface EventHistory {
  /**
   * Keeps an event under each of its filters, all or none. When it rejects, the event may be kept nevertheless; it may
   * be called again with the same event.
   *
   * @param signal - ends the call, which rejects with its reason then
   */
  keep(event: NewEvent, signal?: AbortSignal): Promise<KeepOutcome>;

  /** Removes an event from all of its filters; one that is not there is no error. */
  forget(event: Pick<NewEvent, "path" | "filters" | "cursor">): Promise<void>;

  /** Notes that the event of a key was posted to everybody. */
  finish(at: { readonly path: string; readonly key: string }): Promise<void>;

  /**
   * Notes that there was nothing for a client until a time, since events from before may be gone when it asks again with
   * the same cursor.
   */
  noteQuiet(client: QuietClient, untilMs: EpochMs, expireAt: EpochSeconds): Promise<void>;

  /** Until when there was nothing for such a client, if that was noted. */
  quietUntil(client: QuietClient): Promise<EpochMs | undefined>;

  /** The events at an address in the order of their cursors, page by page, strongly consistent. No page is empty. */
  read(query: EventQuery): AsyncIterable<readonly StoredEvent[]>;
}

/** What keeps events: any store, of which the rest is not used. */
export interface EventStore {
  readonly history: EventHistory;
}
