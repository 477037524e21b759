/** An error on its way between two processes. */
export interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** What the process of the handlers is told. */
export interface InvokeMessage {
  readonly invocation: number;
  /** Name of the exported handler. */
  readonly handler: string;
  readonly event: unknown;
  readonly awsRequestId: string;
  readonly remainingMs: number;
}

/** What the process of the handlers tells. */
export type RuntimeMessage =
  /** The module was loaded; these of its exports are functions. */
  | { readonly type: "loaded"; readonly functions: readonly string[] }
  | { readonly type: "loadFailed"; readonly error: ErrorText }
  | { readonly type: "returned"; readonly invocation: number; readonly result?: unknown }
  | { readonly type: "threw"; readonly invocation: number; readonly error: ErrorText };
