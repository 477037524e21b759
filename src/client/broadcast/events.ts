/** What a link does, for logs. Messages have their data; nothing has a token. */
export type BroadcastLinkEvent =
  /** A subscription was granted its topics. */
  | { readonly type: "granted"; readonly path: string; readonly topics: number }
  /** The server or the broker said no, and the subscription ended with it. */
  | { readonly type: "refused"; readonly path: string; readonly error: Error }
  /** The broker accepted a connection. */
  | { readonly type: "connected" }
  /** A connection ended that was not closed by the link. */
  | { readonly type: "disconnected"; readonly error: Error }
  /** The broker has confirmed all topics of a subscription. */
  | { readonly type: "started"; readonly path: string }
  /** An event came, for this subscription for the first time. */
  | {
      readonly type: "message";
      readonly path: string;
      readonly messageId: string;
      /** Of a `tracked()` event. */
      readonly id?: string;
      readonly data: unknown;
    }
  /** Grants are renewed, on another connection. */
  | { readonly type: "renewing" }
  /** Something failed and is tried again. */
  | { readonly type: "retrying"; readonly error: Error; readonly inMs: number };

/** Tells an event. */
export type TellLinkEvent = (event: BroadcastLinkEvent) => void;
