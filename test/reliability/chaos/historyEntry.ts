/** What is noted of a run, in the order in which it happened. Subscriptions and connections go by any unique text. */
export type HistoryEntry<TAudience, TSubscriber> =
  /** A client sends the frame of a subscription; one that is sent again over another socket is another one. */
  | {
      readonly type: "subscribed";
      readonly subscription: string;
      readonly connection: string;
      readonly subscriber: TSubscriber;
    }
  /** The client is told that it is subscribed. */
  | { readonly type: "started"; readonly subscription: string }
  /** The client does not want it any more, or is told that there is none. */
  | { readonly type: "ended"; readonly subscription: string }
  /** The server has handled the end: no later publish may reach it. */
  | { readonly type: "released"; readonly subscription: string }
  /** The socket is being cut, by whichever side: all its subscriptions end. */
  | { readonly type: "cut"; readonly connection: string }
  /** The client reads nothing from this socket any more. */
  | { readonly type: "closed"; readonly connection: string }
  /** A publish begins. One publisher begins the next when the last one has ended. */
  | {
      readonly type: "published";
      readonly event: string;
      readonly publisher: string;
      readonly audience: TAudience;
    }
  /** The gateway takes a post of it, and is about to send it. */
  | { readonly type: "accepted"; readonly event: string; readonly subscription: string }
  /** A post of it may have arrived although its publisher was not told so. */
  | { readonly type: "unanswered"; readonly event: string; readonly subscription: string }
  /** A publish ends; how many posts it gave up, by connection. One that was cut says so, and owes nobody anything. */
  | {
      readonly type: "reported";
      readonly event: string;
      readonly failed: ReadonlyMap<string, number>;
      readonly isCut?: boolean;
    }
  /** A publish rejects: nobody was posted to. */
  | { readonly type: "rejected"; readonly event: string }
  /** A client is given an event. */
  | { readonly type: "received"; readonly event: string; readonly subscription: string }
  /** Long after the publish: what was under way has arrived by now. The history forgets the event. */
  | { readonly type: "settled"; readonly event: string };

/** What went wrong. */
export interface Violation {
  /**
   * - `lost`: started before the publish, there until its end, and neither posted to nor reported; or posted to, and
   *   not received by a socket that stays
   * - `duplicate`: received again although every post was answered
   * - `phantom`: received what was never published, or not for this subscription's time
   * - `reordered`: received before what its publisher had finished earlier
   * - `leaked`: received by a subscriber whom the filter does not address
   */
  readonly kind: "lost" | "duplicate" | "phantom" | "reordered" | "leaked";
  readonly event: string;
  readonly subscription: string;
  /** Why it is one, for whoever looks for the cause. */
  readonly because: string;
}

/** How often what may happen happened. */
export interface HistoryCounts {
  publishes: number;
  deliveries: number;
  /** Not received until the report, which says so. */
  reportedFailed: number;
  /** Received again after a post without an answer. */
  duplicates: number;
  /** Received late after a post without an answer. */
  reordered: number;
  rejected: number;
}

/** Nothing happened yet. */
export function noCounts(): HistoryCounts {
  const none = { publishes: 0, deliveries: 0, reportedFailed: 0, rejected: 0 };
  return { ...none, duplicates: 0, reordered: 0 };
}
