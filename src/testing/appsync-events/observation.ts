import type { AppSyncOperation } from "../../adapters/appsync-events/event.ts";

/** Something that happened in the emulator. */
export type AppSyncEventsObservation =
  | { readonly type: "connected"; readonly connectionId: string }
  | { readonly type: "closed"; readonly connectionId: string; readonly code: number }
  /** A client's message, parsed. */
  | { readonly type: "received"; readonly connectionId: string; readonly message: unknown }
  /** Somebody was refused, for the reason that the client was told. */
  | {
      readonly type: "refused";
      readonly operation: AppSyncOperation;
      readonly channel: string | undefined;
      readonly errorType: string;
      readonly message: string;
    }
  | {
      readonly type: "published";
      readonly channel: string;
      /** JSON of those that were broadcast. */
      readonly events: readonly string[];
      /** Subscriptions of the channel at that time. */
      readonly subscriptions: number;
    }
  /** An event above the quota: accepted, and broadcast to nobody. */
  | { readonly type: "dropped"; readonly channel: string; readonly bytes: number }
  /** A Lambda function failed. */
  | {
      readonly type: "lambdaFailed";
      readonly handler: "authorizer" | "onPublish" | "onSubscribe";
      readonly error: unknown;
    };
