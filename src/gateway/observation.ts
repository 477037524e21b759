/** Route of a WebSocket API that the emulators have. */
export type RouteKey = "$connect" | "$default" | "$disconnect";

/** What became of an event of a route. */
export type RouteObservation =
  /** A handler finished, however late: an overrun of the integration timeout does not end it. */
  | {
      readonly type: "invoked";
      readonly connectionId: string;
      readonly route: RouteKey;
      readonly requestId: string;
      readonly durationMs: number;
      readonly outcome: "returned" | "threw";
      /** What a handler that failed threw; `undefined` when it returned. */
      readonly error: unknown;
    }
  /** `dropDisconnect` returned true: `$disconnect` was not invoked. */
  | { readonly type: "disconnectDropped"; readonly connectionId: string };
