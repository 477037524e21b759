import type { TRPCError, TRPCProcedureType } from "@trpc/server";
import type { RequestId } from "../protocol/requestId.ts";
import type { BroadcastEvent, GrantedEvent, GrantRefusedEvent } from "./broadcastTypes.ts";

/** tRPC's name of an error, for example `UNAUTHORIZED`. */
export type TRPCErrorCode = TRPCError["code"];

/** The part of a chain that an event comes from. `webSocketHandler()` is three of them. */
export type ReportingStep =
  | "connect"
  | "disconnect"
  | "handler"
  | "publisher"
  | "fanOutHandler"
  | "streamHandler"
  | "grantRouter"
  | "authorizer";

/** Filters by name that a publisher's call was for. The values are never told. */
export type ToldAudience = "everybody" | readonly string[];

/** A `$connect` was let in and stored. */
export interface ConnectedEvent {
  readonly type: "connected";
  readonly connectionId: string;
  /** Of the invocation until now. */
  readonly durationMs: number;
}

/** A `$connect` was refused, or failed. */
export interface ConnectionRefusedEvent {
  readonly type: "connectionRefused";
  /** Absent when the event had none. */
  readonly connectionId?: string;
  /** HTTP status of the handshake's answer. */
  readonly status: number;
  readonly code: TRPCErrorCode;
  /** Of the invocation until now. */
  readonly durationMs: number;
}

/** A `$disconnect` was handled: no route of the connection is left. */
export interface DisconnectedEvent {
  readonly type: "disconnected";
  readonly connectionId: string;
  /** Subscriptions that were live until now. */
  readonly subscriptions: number;
  /** Of the invocation until now. */
  readonly durationMs: number;
}

/**
 * A subscription made by `resolver()` is stored, and its client was sent `started`. Publishes find it from a little
 * before on: while its `onStart` runs.
 */
export interface SubscribedEvent {
  readonly type: "subscribed";
  readonly connectionId: string;
  readonly id: RequestId;
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Names of the filters that find it. One of the route's that is not here has a field this subscriber lacks. */
  readonly filters: readonly string[];
  /** Rows that were written: the subscription's own, the route's for everybody, and one for each of `filters`. */
  readonly rows: number;
  /** Of a client that came back with the last event it had seen; absent for others, and without history. */
  readonly resumed?: {
    /** Events that were sent again; some of them it may have had. */
    readonly replayed: number;
    /** It had missed more than there is, and `onGap` was called instead. */
    readonly gap: boolean;
  };
  /** From the start of the invocation, `onStart` included. */
  readonly durationMs: number;
}

/** A live subscription was ended, by its client's stop or by `complete`. */
export interface UnsubscribedEvent {
  readonly type: "unsubscribed";
  readonly connectionId: string;
  readonly id: RequestId;
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly by: "client" | "publisher";
}

/**
 * A request of a client came to its end: a query, a mutation, a subscription that ran inside its invocation, or any
 * subscription that ended with an error. Whether its answer arrived is another matter: see `gone` and `failed`.
 */
export interface CalledEvent {
  readonly type: "called";
  readonly connectionId: string;
  /** Dotted path of the procedure. Absent when the router has none there: it would be whatever a client likes. */
  readonly path?: string;
  readonly procedureType: TRPCProcedureType;
  readonly ok: boolean;
  /** What the client was told; absent when `ok`. */
  readonly code?: TRPCErrorCode;
  /** From the start of the invocation; of a subscription until its end. */
  readonly durationMs: number;
}

/** An event was posted to an audience, or to a part of one. Numbers as in `PublishReport`. */
export interface PublishedEvent {
  readonly type: "published";
  /** A call of `publish` or `resume`, a worker of a queue with one message, or the stream's handler with one event. */
  readonly by: "publish" | "resume" | "worker" | "stream";
  /** The same for all parts of one publish; the event's id where there is history. */
  readonly fanOutId: string;
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly filters: ToldAudience;
  readonly matched: number;
  readonly delivered: number;
  readonly gone: number;
  readonly failed: number;
  /** `false` when somebody may have been left out, and nobody is at it. */
  readonly complete: boolean;
  /** A part of the audience, counted in no number here, was left to a queue's workers. */
  readonly queued: boolean;
  /** Those of `matched` who may have got it before, from a worker that died. */
  readonly duplicates: number;
  readonly durationMs: number;
}

/** A call of `complete` came to its end. Numbers as in `PublishReport`. */
export interface CompletedEvent {
  readonly type: "completed";
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly filters: ToldAudience;
  readonly matched: number;
  readonly delivered: number;
  readonly gone: number;
  readonly failed: number;
  readonly complete: boolean;
  readonly durationMs: number;
}

/** `disconnect` of a publisher closed a connection: its rows are removed, and its socket is closed. */
export interface RevokedEvent {
  readonly type: "revoked";
  readonly connectionId: string;
  /** Subscriptions that were live until now. */
  readonly subscriptions: number;
}

/** A connection was found closed by a post, and cleaned up. */
export interface GoneEvent {
  readonly type: "gone";
  readonly connectionId: string;
  /** Subscriptions that were live until now. */
  readonly subscriptions: number;
  readonly step: ReportingStep;
}

/**
 * An event with history could not be posted to a connection, so the connection was closed: its client comes back and is
 * sent what it missed.
 */
export interface FencedEvent {
  readonly type: "fenced";
  readonly connectionId: string;
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Subscriptions that were live until now. */
  readonly subscriptions: number;
  readonly step: ReportingStep;
}

/** Something was refused for its rate, once or more often in one call. Usually it was tried again with success. */
export interface ThrottledEvent {
  readonly type: "throttled";
  /**
   * `table`: DynamoDB's throttling, as far as the SDK's own tries did not get over it. `managementApi`: 429 at a post,
   * for the account's rate or for one slow client.
   */
  readonly by: "table" | "managementApi";
  /** Refusals in this invocation, or in this call of a publisher. */
  readonly times: number;
  readonly step: ReportingStep;
  /** Whose invocation it was; absent for publishers. */
  readonly connectionId?: string;
  /** Dotted path of the procedure that the publisher's call was for. */
  readonly path?: string;
}

/** What `onError` of the same step is given. Most are answers to clients: see `code`. */
export interface FailedEvent {
  readonly type: "failed";
  readonly step: ReportingStep;
  /** Its text is what procedures and hooks threw, or this package's, which quotes no data. */
  readonly error: Error;
  /** The error's own: tRPC's, of this package or of Node; its name where it has none. */
  readonly code: string;
  /** Dotted path of the procedure, where there is one in the router. */
  readonly path?: string;
  readonly connectionId?: string;
}

/** A call of a publisher threw: nothing was sent. */
export interface RejectedEvent {
  readonly type: "rejected";
  readonly call: "publish" | "complete" | "count" | "disconnect" | "resume";
  /** Dotted path of the procedure; absent for calls on the publisher itself. */
  readonly path?: string;
  readonly error: Error;
  /** The error's own: of this package, of tRPC or of Node; its name where it has none. */
  readonly code: string;
  readonly durationMs: number;
}

/**
 * What happens in handlers and publishers: names, ids, counts and times. Never in it: session, context, input, data,
 * tokens and the values of filters.
 *
 * A later version may add members: end a `switch` with a `default` that lets them pass.
 *
 * @category Observability
 */
export type SubscriptionsEvent =
  | ConnectedEvent
  | ConnectionRefusedEvent
  | DisconnectedEvent
  | SubscribedEvent
  | UnsubscribedEvent
  | CalledEvent
  | PublishedEvent
  | CompletedEvent
  | RevokedEvent
  | GoneEvent
  | FencedEvent
  | ThrottledEvent
  | FailedEvent
  | RejectedEvent
  | GrantedEvent
  | GrantRefusedEvent
  | BroadcastEvent;

/**
 * Told of everything that happens, while it happens: do little in it. A promise that it returns is not waited for. What
 * it throws goes to `onError` of the same step, or to `console.error` without one; it changes nothing else.
 *
 * @category Observability
 */
export type OnEvent = (event: SubscriptionsEvent) => void;
