import type { PublishOptions, PublishReport, PublishRoute } from "./types.ts";

/**
 * What is published to whom, on a route with history.
 *
 * @category Publisher
 */
export interface HistoryPublishOptions<TPublished, TFilter>
  extends PublishOptions<TPublished, TFilter> {
  /**
   * Your own name for the event, so that a call can be repeated when its fate is not known: while the event is kept (5
   * minutes at least) a second publish with it is the same event. It is posted again, under the same id, only if the
   * first one is not known to have come to its end. Unique on the route, any length, not empty. Costs a transaction
   * and a write.
   */
  readonly key?: string;
}

/**
 * What became of a publish on a route with history.
 *
 * `failed` subscribers had their connections closed: they subscribe again and are sent what they missed. Only who `onData`
 * threw for did not, as it would throw at every replay: for them this event is left out.
 *
 * @category Publisher
 */
export interface HistoryPublishReport extends PublishReport {
  /** Id of the event, the `id` that clients get. Greater as text than those that this publisher made before. */
  readonly eventId: string;
  /** An event with this `key` had been published before; `eventId` is its. */
  readonly repeated?: true;
}

/**
 * The verbs of a route with history.
 *
 * @category Publisher
 */
export interface HistoryRoute<TPublished, TFilter>
  extends Omit<PublishRoute<TPublished, TFilter>, "publish"> {
  /**
   * Keeps an event, then sends it. The deadline is that of the call, or 5 seconds less than the history's
   * `overlapSeconds` if that is less; what failed by then takes up to 2 seconds more to be closed.
   *
   * When it rejects nothing was posted. If the reason is the table, the event may have been kept nevertheless, and
   * clients that were away are sent it: give a `key` to repeat the call.
   *
   * @throws {@link InvalidDataError} when the resolver's schema refuses `data`, or it cannot be serialised
   * @throws {@link PayloadTooLargeError} when the frame would exceed 128 KB
   * @throws {@link InvalidFilterError} for a filter that is not exactly a declared one with its fields, or a union of
   * more than 99
   * @throws {@link InvalidOptionError} for a `deadlineMs`, `signal` or `key` that is none, and for a `key` of another event
   * @throws {@link TransportError} when the table does not answer
   */
  publish(options: HistoryPublishOptions<TPublished, TFilter>): Promise<HistoryPublishReport>;
}
