import { BuilderError } from "../errors.ts";
import { EXPIRY_SLACK_MS, MAX_CONNECTION_MS } from "../protocol/limits.ts";

/**
 * How long events are kept for clients that were away, and how many of them.
 *
 * @category Resolver
 */
export interface HistoryOptions {
  /**
   * Seconds for which a client may be away and still be sent everything it missed, 1 to 86,400. After that it may be
   * told of a gap. Events are kept for 4.5 hours longer: a client that hears nothing while it is connected has an old
   * last event, and is not to be told of a gap for that.
   *
   * @defaultValue 600
   */
  readonly ttlSeconds?: number;
  /**
   * Events that one client is sent after it was away, 1 to 10,000. More are a gap: a part of them is never sent.
   * Whatever the number, more than 4 MB are a gap too.
   *
   * @defaultValue 500, some 5 to 10 seconds of posting
   */
  readonly maxEvents?: number;
  /**
   * Seconds before the last event a client has seen from which on events are sent again, 6 to 3,600: two publishers may
   * post in another order than the events' own, so an earlier one may still be missing. A publish to a route with
   * history ends 5 seconds before this time is over, whatever its `deadlineMs` is. Clients know the repeated events by
   * their ids.
   *
   * @defaultValue 30
   */
  readonly overlapSeconds?: number;
}

/** What {@link HistoryOptions} come to. */
export interface History {
  readonly maxEvents: number;
  readonly overlapMs: number;
  /** How long an event is kept. */
  readonly keptMs: number;
}

/** The longest life of a connection. The last event of a client that is connected can be as old, and older. */
export const CONNECTED_MS: number = MAX_CONNECTION_MS + EXPIRY_SLACK_MS;

const DEFAULTS = { ttlSeconds: 600, maxEvents: 500, overlapSeconds: 30 };
const BOUNDS: Readonly<Record<keyof HistoryOptions, readonly [least: number, most: number]>> = {
  ttlSeconds: [1, 86_400],
  maxEvents: [1, 10_000],
  overlapSeconds: [6, 3_600],
};

/**
 * Fills in the defaults.
 *
 * @throws {@link BuilderError} for an unknown option, or a number that is out of its bounds
 */
export function checkedHistory(options: unknown): History {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new BuilderError("resolver(): history is not an object such as { ttlSeconds: 600 }.");
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(BOUNDS, name));
  if (unknown !== undefined) {
    throw new BuilderError(
      `resolver(): unknown option "history.${unknown}". Known are ${Object.keys(BOUNDS).join(", ")}.`,
    );
  }
  const whole = (name: keyof HistoryOptions): number => {
    const value: unknown = Reflect.get(options, name) ?? DEFAULTS[name];
    const [least, most] = BOUNDS[name];
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw new BuilderError(
      `resolver(): history.${name} is ${String(value)}. It is a whole number from ${least} to ${most}.`,
    );
  };
  const overlapMs = whole("overlapSeconds") * 1000;
  return {
    maxEvents: whole("maxEvents"),
    overlapMs,
    keptMs: whole("ttlSeconds") * 1000 + overlapMs + 2 * CONNECTED_MS,
  };
}
