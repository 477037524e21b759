/**
 * What servers and clients of brokers say to each other. The broker itself only carries {@link Envelope}s, as JSON.
 */

/** Name of the mutation that hands out grants. */
export const GRANT_PROCEDURE = "subscriptionGrant";

/** What a client asks for: may I subscribe to this? */
export interface GrantRequest {
  /** Dotted path of the subscription. */
  readonly path: string;
  /** Its input, not parsed yet. */
  readonly input?: unknown;
  /** The last event that the client was given, to be told what came after it; of routes with history. */
  readonly lastEventId?: string;
}

/** What a grant says of a route with history. */
export interface GrantHistory {
  /** Events are sent again from so many milliseconds before the last one on. */
  readonly overlapMs: number;
  /** An id of the time of the answer, made before anything was read: a place to go on from. */
  readonly cursor: string;
  /** With `lastEventId` what was missed: {@link Envelope}s as JSON, in the order of their places. */
  readonly missed?: readonly string[];
  /** Instead of `missed`: why it cannot be told. */
  readonly gap?: string;
}

/** The answer: where a subscription's events are, and what proves to the broker that its client may have them. */
export interface Grant {
  /** Names of topics, at least one: everybody's of the route, then those of its filters. */
  readonly topics: readonly string[];
  /** Signed text that the broker's authorizer reads; 1 KB or so. A secret of this client. */
  readonly token: string;
  /** Which client of the broker the token is for: 26 characters of `a-z2-7`, another one in every grant. */
  readonly clientId: string;
  /** Milliseconds from now for which the token is good. Not a date, since clocks of clients are wrong. */
  readonly expiresInMs: number;
  /** How to reach the broker, if the engine tells; the members are the engine's own. */
  readonly endpoint?: Readonly<Record<string, string>>;
  /** Absent where events are not kept. */
  readonly history?: GrantHistory;
}

/** One event on its way through a broker. */
export interface Envelope {
  /** Names the publish. The same on all topics of one publish, so that who is on two of them gets it once. */
  readonly m: string;
  /** Id of a `tracked()` event, or of one that is kept. */
  readonly i?: string;
  /** Its place in the history, if that is not `i`: it was kept a second time. */
  readonly c?: string;
  /** The data after the transformer; absent for `undefined`. */
  readonly d?: unknown;
}
