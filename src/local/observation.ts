import type { RouteObservation } from "../gateway/observation.ts";

/** A call of the `@connections` API, by the name of its SDK command. */
export type ManagementOperation = "PostToConnection" | "GetConnection" | "DeleteConnection";

/** What happened in the gateway; given to `onEvent`, for logs. */
export type GatewayObservation =
  | RouteObservation
  /** A handshake was answered with an HTTP status instead of 101. */
  | {
      readonly type: "upgradeRefused";
      readonly connectionId: string;
      /** Path and query string of the request. */
      readonly url: string;
      readonly statusCode: number;
      readonly reason: string;
    }
  /** A handshake was completed. */
  | {
      readonly type: "connected";
      readonly connectionId: string;
      readonly url: string;
      /** What `$connect` chose; `undefined` without one. */
      readonly subprotocol: string | undefined;
    }
  /** A text message of the client arrived. */
  | { readonly type: "frameReceived"; readonly connectionId: string; readonly body: string }
  /** A call of the `@connections` API was answered. */
  | {
      readonly type: "management";
      readonly operation: ManagementOperation;
      readonly connectionId: string;
      /** `undefined` when the call got no answer: the `"hang"` fault, or the caller went away. */
      readonly statusCode: number | undefined;
      /** The message posted; `undefined` for the other operations and for a body over the limit. */
      readonly body: string | undefined;
    }
  /** The gateway sent a frame of its own to the client. */
  | {
      readonly type: "errorFrame";
      readonly connectionId: string;
      readonly requestId: string;
      readonly message: string;
    }
  /** A frame accepted from `@connections` was lost because the socket broke. */
  | { readonly type: "sendFailed"; readonly connectionId: string; readonly error: Error }
  /** A socket is closed; `$disconnect` follows. */
  | {
      readonly type: "closed";
      readonly connectionId: string;
      readonly code: number;
      readonly reason: string;
      /** The error of the socket or of the WebSocket protocol that closed it, if any. */
      readonly error: Error | undefined;
    };
