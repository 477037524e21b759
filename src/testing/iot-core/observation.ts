import type { IotAction } from "./policy.ts";

/** What happens at the emulator. */
export type IotCoreObservation =
  | { readonly type: "connected"; readonly clientId: string }
  /** A client was not let in; `reason` is for people. */
  | { readonly type: "connectRefused"; readonly clientId: string; readonly reason: string }
  /** As in the lifecycle event, for example `CLIENT_INITIATED_DISCONNECT`. */
  | { readonly type: "disconnected"; readonly clientId: string; readonly reason: string }
  | {
      readonly type: "subscribed" | "unsubscribed";
      readonly clientId: string;
      readonly topicFilters: readonly string[];
    }
  /** A policy or a limit did not allow it. */
  | {
      readonly type: "denied";
      readonly clientId: string;
      readonly action: IotAction;
      /** The topic or topic filter. */
      readonly resource: string;
      readonly reason: string;
    }
  /** A message was taken, by HTTP or from a client. */
  | {
      readonly type: "published";
      readonly topic: string;
      readonly payload: string;
      readonly qos: number;
      /** Connections that it was for. */
      readonly receivers: number;
    }
  | { readonly type: "ruleFailed"; readonly sql: string; readonly error: unknown };
