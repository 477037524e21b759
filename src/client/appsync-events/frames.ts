import { BrokerConnectionError, BrokerRefusedError } from "../../errors/broadcast.ts";

/**
 * What AppSync sends, as far as it is known to be there.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html
 */
export interface ServerFrame {
  readonly type?: unknown;
  readonly id?: unknown;
  /** JSON text, or an array of such. */
  readonly event?: unknown;
  readonly connectionTimeoutMs?: unknown;
  readonly errors?: unknown;
}

/** Reads a frame; `undefined` for what is none. */
export function readFrame(data: unknown): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(String(data));
    return typeof frame === "object" && frame !== null ? frame : undefined;
  } catch {
    return undefined;
  }
}

/** The events of a `data` frame: documentation and clients have them as one text, or as several. */
export function eventsOf({ event }: ServerFrame): readonly string[] {
  const events: readonly unknown[] = Array.isArray(event) ? event : [event];
  return events.filter((each) => typeof each === "string");
}

/** Errors that say nothing about who asks, or for what. */
const PASSING = /Throttl|TooManyRequests|Internal|Lambda|Unavailable|Timeout/;

/** An error frame as an error: refused for good, or a fault that may pass. */
export function errorOf({ type, errors }: ServerFrame): Error {
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : [];
  const isObject = typeof first === "object" && first !== null;
  const { errorType, errorCode, message } = (isObject ? first : {}) as Readonly<
    Record<string, unknown>
  >;
  const parts = [errorType, message].filter((part) => typeof part === "string" && part !== "");
  const text = `AppSync Events answered with ${type}${parts.length === 0 ? "" : `: ${parts.join(": ")}`}`;
  const code = Number(errorCode);
  const passes = PASSING.test(String(errorType)) || code === 429 || code >= 500;
  return passes ? new BrokerConnectionError(text) : new BrokerRefusedError(text);
}

/** The subprotocols that authorize a connection. */
export function subprotocolsOf(authorization: object): readonly [string, string] {
  // All of it is ASCII: a host as URLs have it, and a token.
  const base64 = btoa(JSON.stringify(authorization));
  const base64Url = base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return ["aws-appsync-event-ws", `header-${base64Url}`];
}
