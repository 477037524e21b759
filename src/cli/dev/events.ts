import type { ManagementOperation } from "../../local/observation.ts";
import type { RequestId } from "../../protocol/requestId.ts";
import type { KeyFilter } from "../../store/readKeys.ts";
import type { TableObservation } from "./tableCalls.ts";

/** Who it was about. */
interface OfConnection {
  readonly connectionId: string;
  /** What `authorize` returned, as JSON text. */
  readonly session?: string;
}

/** How an invocation ended. */
interface Invoked {
  readonly durationMs: number;
  readonly outcome: "returned" | "threw";
  /** What it threw. */
  readonly error?: string;
}

/** What `dev` tells of; with `--json` each is a line, with the time as `at`. */
export type DevEvent =
  /** Everything is there; `environment` is what handlers and publishers need. */
  | {
      readonly type: "ready";
      readonly url: string;
      readonly endpoint: string;
      readonly tableName: string;
      readonly environment: Readonly<Record<string, string>>;
    }
  /** `$connect` was answered. */
  | ({ readonly type: "connect"; readonly statusCode?: number } & OfConnection & Invoked)
  /** `$disconnect` was handled. */
  | ({ readonly type: "disconnect"; readonly deletes: number } & OfConnection & Invoked)
  /** One message of a frame was handled. */
  | ({
      readonly type: "frame";
      /** `subscription`, `subscription.stop`, `query`, `mutation`, `connectionParams`, `ping`, `pong`, `malformed`. */
      readonly method: string;
      readonly id?: RequestId;
      readonly path?: string;
      /** What the subscription can be found by. */
      readonly filters: readonly KeyFilter[];
      readonly rowsWritten: number;
      /** Deletes of routes that were asked for, also of some that were not there any more. */
      readonly deletes: number;
      /** Events of the history that were sent to a client that came back, those included that it may have had. */
      readonly replayed: number;
      /** The first answer other than these: `started`, `data`, `stopped`, `PONG`, or an error's code. */
      readonly reply?: string;
    } & OfConnection &
      Invoked)
  /** A publisher asked the table for an audience. */
  | Extract<TableObservation, { type: "audience" }>
  /** A publisher kept an event of a route with history. */
  | Extract<TableObservation, { type: "kept" }>
  /** A message was posted to a client, or it was asked about or closed. */
  | ({
      readonly type: "post";
      readonly operation: ManagementOperation;
      readonly id?: RequestId;
      /** Kind of the message, as for `reply`; never the message. */
      readonly what?: string;
      /** Of an event with history, or a tracked one. */
      readonly eventId?: string;
      readonly bytes: number;
      readonly statusCode?: number;
    } & OfConnection)
  /** Routes were deleted outside of a frame: of a connection that was found gone, or ended by a publisher. */
  | ({ readonly type: "cleanUp"; readonly id: RequestId; readonly rows: number } & OfConnection)
  /** The queue's worker ran. */
  | ({ readonly type: "worker"; readonly messages: number; readonly failed: number } & Invoked)
  /** The handlers were loaded anew, or could not be. */
  | { readonly type: "reloaded"; readonly file: string; readonly durationMs: number }
  | { readonly type: "reloadFailed"; readonly file: string; readonly error: string }
  /** A line that the handlers printed. */
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly line: string }
  | { readonly type: "warning"; readonly message: string };
