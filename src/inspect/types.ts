import type { RequestId } from "../protocol/requestId.ts";
import type { FilterScalar } from "../store/filterKeys.ts";
import type { HashedText, KeyFilter, KeyValue } from "../store/readKeys.ts";
import type { ApiReference, EpochMs, EpochSeconds, RowKey } from "../store/types.ts";

/** What a table holds at one moment, expired rows that DynamoDB has not deleted yet included. */
export interface TableInspection {
  readonly tableName: string;
  /** Absent for the rows without a namespace. */
  readonly namespace?: string;
  /** When the reading began; what "expired" is measured against. */
  readonly readAt: EpochMs;
  /** Oldest first. */
  readonly connections: readonly InspectedConnection[];
  /** In the order of their connections, then of their subscribing. */
  readonly subscriptions: readonly InspectedSubscription[];
  /** In the order of their paths. Empty where one connection alone was read. */
  readonly histories: readonly InspectedHistory[];
  /** Rows that were read, those of other kinds and other namespaces included. */
  readonly rowsRead: number;
}

/** What is kept of a route with history for clients that come back; expired rows are not counted. */
export interface InspectedHistory {
  /** Dotted path of the procedure; a hash for one of more than 128 bytes. */
  readonly path: string | HashedText;
  /** Each once, whatever it was published to. Their data is not read. */
  readonly events: number;
  /** When the first of them was published; absent without any. */
  readonly oldestAt?: EpochMs;
  /** When the last of them was published; absent without any. */
  readonly newestAt?: EpochMs;
  /** Events that were published with a `key`. */
  readonly publishKeys: number;
  /** Notes that there was nothing for a client since an event of hours ago. */
  readonly quietNotes: number;
}

/** One connection. */
export interface InspectedConnection {
  readonly connectionId: string;
  /** `closed` by `$disconnect`, by a publisher that found it gone, or by `disconnect`. */
  readonly state: "open" | "closed";
  /** Epoch milliseconds; 0 when its `$disconnect` came before its `$connect`. */
  readonly connectedAt: EpochMs;
  /** After this none of its rows counts. */
  readonly expireAt: EpochSeconds;
  /** The API and stage it is connected to. */
  readonly api: ApiReference;
  /** What `authorize` returned, as JSON text; absent without, and once it is closed. */
  readonly session?: string;
  /** Whether tRPC's `connectionParams` were announced, and whether they are there. Their values are not read. */
  readonly connectionParams: "none" | "awaited" | "stored";
}

/**
 * One subscription, with every row that publishers may find it by.
 *
 * - `active`: it receives.
 * - `stopped`: the client or the server ended it; the row stays some minutes against frames that come late.
 * - `leftOver`: rows of publishers without their subscription: it ended while they could not be deleted, or its row has
 *   been used again. They are deleted at the next publish that finds the connection gone, or expire.
 */
export interface InspectedSubscription {
  readonly connectionId: string;
  readonly id: RequestId;
  readonly state: "active" | "stopped" | "leftOver";
  /** Dotted path of the procedure; `""` when no row tells it. */
  readonly path: string;
  /** Time of the frame that subscribed; of the stop when it has stopped. */
  readonly requestTimeMs: EpochMs;
  readonly expireAt: EpochSeconds;
  /** Empty for a subscription that runs inside its invocation: no publisher finds it. */
  readonly routes: readonly InspectedRoute[];
}

/** A row that publishers find a subscription by. */
export interface InspectedRoute {
  readonly key: RowKey;
  /** The subscription's own row names it. */
  readonly isListed: boolean;
  /** The row is in the table. */
  readonly isStored: boolean;
  /** 0 when the row is not in the table. */
  readonly expireAt: EpochSeconds;
  /** Partition among the route's shards, from 0. */
  readonly shard: number;
  /** Absent for the row of every subscriber; `"unreadable"` when somebody else has written it. */
  readonly filter?: KeyFilter | "unreadable";
  /** Tells one API and stage from another. */
  readonly apiFingerprint: string;
}

/** How far the reading is. */
export interface InspectionProgress {
  readonly rowsRead: number;
  /** False until the last page was read. */
  readonly isDone: boolean;
}

/** The address of a publish, as `publish` takes it. */
export interface InspectedPublish {
  /** Dotted path of the procedure. */
  readonly path: string;
  /** A filter, or several as a union; leave it out for every subscriber. */
  readonly filter?: unknown;
  /** The API the publisher's endpoint names; left out where it names none, as behind a custom domain. */
  readonly api?: ApiReference;
  /**
   * The publisher's `shards` of the route.
   *
   * @defaultValue all that the table has rows in
   */
  readonly shards?: number;
}

/** Whether a publish reaches a subscription, and why. */
export type PublishExplanation = {
  readonly subscription: InspectedSubscription;
  /** Its connection, if the table has a row of it. */
  readonly connection?: InspectedConnection;
} & (
  | {
      readonly matches: true;
      /** The row it is found by. */
      readonly key: RowKey;
      /** What may keep the message from arriving all the same. */
      readonly warnings: readonly MatchWarning[];
    }
  | { readonly matches: false; readonly reasons: readonly MismatchReason[] }
);

/**
 * Why a subscription that matches may not receive.
 *
 * - `connectionClosed`: the post will be answered with 410.
 * - `connectionUnknown`: the table has no row of its connection.
 * - `leftOver`: the subscription has ended; a client that still has the id drops the message.
 */
export type MatchWarning = "connectionClosed" | "connectionUnknown" | "leftOver";

/** Why a publish does not reach a subscription. */
export type MismatchReason =
  /** It listens to another procedure. */
  | { readonly kind: "otherPath"; readonly path: string }
  /** It was ended. */
  | { readonly kind: "stopped"; readonly at: EpochMs }
  /** Its rows have expired, and wait for DynamoDB to delete them. */
  | { readonly kind: "expired"; readonly expireAt: EpochSeconds }
  /** Its procedure is a generator of its own: only what that yields is sent. */
  | { readonly kind: "streams" }
  /**
   * It was stored without a row for this filter: a field was absent or no scalar, or the filter was not declared then.
   */
  | { readonly kind: "noRow"; readonly filter: string; readonly has: readonly string[] }
  /** It lists the row, but the table does not have it any more. */
  | { readonly kind: "rowDeleted"; readonly key: RowKey }
  /** Fields have other values. */
  | {
      readonly kind: "differs";
      readonly filter: string;
      readonly fields: readonly FieldDifference[];
    }
  /** The filter had other fields when it was stored. */
  | {
      readonly kind: "otherFields";
      readonly filter: string;
      readonly stored: KeyFilter | "unreadable";
    }
  /** It is connected to another API or stage than the publisher posts to. */
  | { readonly kind: "otherApi"; readonly api?: ApiReference }
  /** Its row is in a shard that the publisher does not read. */
  | { readonly kind: "otherShard"; readonly shard: number; readonly shards: number }
  /** Of a union: an earlier filter would find it, but for its row, which is not in the table any more. */
  | { readonly kind: "leftToEarlierFilter" }
  /** The publish addresses no filter at all: `filter: []`. */
  | { readonly kind: "nobody" }
  /** Of a union: the rows of a later filter count only while the subscription lasts. */
  | { readonly kind: "ended" };

/** A field whose value in the table is not that of the publish. */
export interface FieldDifference {
  /** For example `input.room`. */
  readonly place: string;
  /** What the subscriber has. */
  readonly stored: KeyValue;
  /** What the publish asks for. */
  readonly published: FilterScalar;
  /** What the two have in common although they are not equal. */
  readonly onlyDiffersIn?: "type" | "case" | "whitespace" | "unicodeForm";
}
