/** Survives two copies of this package in one process, where `instanceof` does not. */
const BRAND = Symbol.for("trpc-aws-subscriptions.error");

/** Machine-readable reason of a {@link SubscriptionsError}. */
export type SubscriptionsErrorCode =
  | "BUILDER"
  | "INVALID_FILTER"
  | "INVALID_DATA"
  | "PAYLOAD_TOO_LARGE"
  | "INVALID_ENDPOINT"
  | "TABLE"
  | "TRANSPORT"
  | "WRONG_ENDPOINT"
  | "MISSED_EVENT"
  | "STREAM_EVENT"
  | "UNKNOWN_ROUTE"
  | "RESUME_GAP"
  | "INVALID_OPTION"
  | "PART_BUSY"
  | "TIME_TOO_SHORT"
  | "INVALID_CURSOR"
  | "QUEUE"
  | "TOPIC_NAME"
  | "GRANT_TOKEN"
  | "BROKER_REFUSED"
  | "BROKER_CONNECTION"
  | "RULE_EVENT"
  | "LOCAL"
  | "TEST_GATEWAY";

/**
 * Base of every error this package throws.
 *
 * @category Errors
 */
export class SubscriptionsError extends Error {
  override readonly name: string = "SubscriptionsError";
  /** Machine-readable reason; stable across versions. */
  readonly code: SubscriptionsErrorCode;

  constructor(code: SubscriptionsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Tells whether a value is an error of this package, also when it comes from another copy of it (ESM beside CJS).
 *
 * @category Errors
 */
export function isSubscriptionsError(value: unknown): value is SubscriptionsError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/**
 * The chain was used wrongly: a step too early, a filter name twice, a route that the router does not have, a filter
 * whose keys cannot fit. Thrown when the code is loaded, never while serving.
 *
 * @category Errors
 */
export class BuilderError extends SubscriptionsError {
  override readonly name = "BuilderError";

  constructor(message: string, options?: ErrorOptions) {
    super("BUILDER", message, options);
  }
}

/**
 * A filter given to `publish`, `complete`, `count` or `disconnect` cannot be used: unknown name, a field that is
 * missing, `undefined`, unknown or not a scalar. Nothing was read or sent.
 *
 * @category Errors
 */
export class InvalidFilterError extends SubscriptionsError {
  override readonly name = "InvalidFilterError";
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Where in the filter, for example `input.name`. */
  readonly place: string;

  constructor(at: { readonly path: string; readonly place: string }, problem: string) {
    super("INVALID_FILTER", `filter of "${at.path}": ${at.place} ${problem}`);
    this.path = at.path;
    this.place = at.place;
  }
}

/**
 * `data` given to `publish` does not match the resolver's schema, or cannot be serialised. Nothing was read or sent.
 *
 * @category Errors
 */
export class InvalidDataError extends SubscriptionsError {
  override readonly name = "InvalidDataError";
  /** Dotted path of the procedure. */
  readonly path: string;
  /** Where in the data, for example `data.user.id`. */
  readonly place: string;

  constructor(
    at: { readonly path: string; readonly place: string },
    problem: string,
    options?: ErrorOptions,
  ) {
    super("INVALID_DATA", `publish to "${at.path}": ${at.place} ${problem}`, options);
    this.path = at.path;
    this.place = at.place;
  }
}

/**
 * An event is larger than the engine delivers. Nothing was read or sent.
 *
 * @category Errors
 */
export class PayloadTooLargeError extends SubscriptionsError {
  override readonly name = "PayloadTooLargeError";
  /** Size of the whole frame, envelope included, in UTF-8 bytes. */
  readonly bytes: number;
  /** The limit in bytes. */
  readonly maxBytes: number;

  constructor(
    path: string,
    bytes: number,
    { maxBytes, by }: { readonly maxBytes: number; readonly by: string },
  ) {
    super(
      "PAYLOAD_TOO_LARGE",
      `publish to "${path}": the frame has ${bytes} bytes, ${by} delivers at most ${maxBytes}. Publish an id and let clients query the rest.`,
    );
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/**
 * A management endpoint is not a URL we may sign requests for.
 *
 * @category Errors
 */
export class InvalidEndpointError extends SubscriptionsError {
  override readonly name = "InvalidEndpointError";

  constructor(message: string) {
    super("INVALID_ENDPOINT", message);
  }
}

/**
 * The table does not exist or has other keys than `pk` and `sk`.
 *
 * @category Errors
 */
export class TableError extends SubscriptionsError {
  override readonly name = "TableError";
  /** Name of the table. */
  readonly tableName: string;

  constructor(tableName: string, message: string, options?: ErrorOptions) {
    super("TABLE", message, options);
    this.tableName = tableName;
  }
}

/** Why a post to a connection failed. */
export type TransportFailure =
  /** The connection is closed: API Gateway answered 410, or 400 for the id. */
  | "gone"
  /** 429: the account's rate, or the client reads too slowly. */
  | "throttled"
  /** 5xx, a network fault or a timeout: worth another try. */
  | "transient"
  /** 403: missing `execute-api:ManageConnections`, or a wrong stage. */
  | "forbidden"
  /** 413: more than 128 KB. */
  | "tooLarge"
  /** Anything else. */
  | "unknown";

/**
 * One connection could not be posted to, or closed.
 *
 * @category Errors
 */
export class TransportError extends SubscriptionsError {
  override readonly name = "TransportError";
  /** Why. */
  readonly failure: TransportFailure;

  constructor(failure: TransportFailure, message: string, options?: ErrorOptions) {
    super("TRANSPORT", message, options);
    this.failure = failure;
  }
}

/**
 * Nearly every post of a publish was answered with 410, as a wrong endpoint does. No subscription was removed.
 *
 * @category Errors
 */
export class WrongEndpointError extends SubscriptionsError {
  override readonly name = "WrongEndpointError";
  /** Posts answered with 410. */
  readonly gone: number;
  /** Posts made so far. */
  readonly posted: number;

  constructor(gone: number, posted: number) {
    super(
      "WRONG_ENDPOINT",
      `${gone} of ${posted} posts were answered with 410 Gone. Check that \`endpoint\` is the API and stage the clients are connected to; no subscription was removed.`,
    );
    this.gone = gone;
    this.posted = posted;
  }
}

/**
 * An option of one call is not what it must be. Nothing was read or sent.
 *
 * @category Errors
 */
export class InvalidOptionError extends SubscriptionsError {
  override readonly name = "InvalidOptionError";
  /** For example `deadlineMs`. */
  readonly option: string;

  constructor(call: string, option: string, problem: string) {
    super("INVALID_OPTION", `${call}: ${option} ${problem}`);
    this.option = option;
  }
}
