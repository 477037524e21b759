import type { ToldAudience, TRPCErrorCode } from "./types.ts";

/** A client was told where the events of a subscription are, and given a token for the broker. */
export interface GrantedEvent {
  readonly type: "granted";
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Topics it may listen to. */
  readonly topics: number;
  readonly durationMs: number;
}

/** A client was told that it may not subscribe, or the question could not be answered. */
export interface GrantRefusedEvent {
  readonly type: "grantRefused";
  /** Dotted path of the procedure. Absent when the router has none there: it would be whatever a client likes. */
  readonly path?: string;
  /** What the client was told. */
  readonly code: TRPCErrorCode;
  readonly durationMs: number;
}

/** An event was sent to a broker. Numbers as in `BroadcastReport`. */
export interface BroadcastEvent {
  readonly type: "broadcast";
  readonly messageId: string;
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly filters: ToldAudience;
  readonly topics: number;
  readonly sent: number;
  readonly failed: number;
  readonly durationMs: number;
}
