import { getTRPCErrorFromUnknown, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { counting } from "../../events/observer.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import { EXPIRY_SLACK_MS, MAX_CONNECTION_MS } from "../../protocol/limits.ts";
import type { NewConnection } from "../../store/types.ts";
import type { App } from "../../subscriptions/app.ts";
import type {
  LambdaContext,
  WebSocketConnectEvent,
  WebSocketHandler,
  WebSocketResult,
} from "./event.ts";
import { checkHandshake, connectionIdOf, lowerCaseHeaders } from "./eventParts.ts";
import type { HandlerErrorHandler } from "./handlerOptions.ts";
import { checkOrigin } from "./origins.ts";
import { type Reporters, reportersOf, toldConnection } from "./reportError.ts";

/** What `authorize` is given: the only look at headers and query string there will be. */
export interface AuthorizeOptions {
  readonly event: WebSocketConnectEvent;
  readonly context: LambdaContext | undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Query string of the URL the client opened; `{}` without one. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly connection: { readonly id: string; readonly connectedAt: Date };
}

/** What `authorize` returns. */
export interface Authorized<TSession> {
  /**
   * Kept as JSON with the connection, at most 8,192 bytes of it, and given to `createContext` with every
   * frame. Put who the user is here, not their token.
   */
  readonly session: TSession;
  /**
   * Epoch seconds, as in a JWT's `exp`, after which the connection's subscriptions are silent and its requests refused.
   *
   * @defaultValue as long as the connection
   */
  readonly expireAtSeconds?: number;
}

/**
 * Options of `connect()`.
 *
 * @category API Gateway
 */
export interface ConnectOptions<TSession> {
  /**
   * Decides who may connect. Throw a `TRPCError` to refuse the handshake with its status: UNAUTHORIZED is 401,
   * FORBIDDEN 403. Anything else that is thrown is 500.
   *
   * @defaultValue everybody may, or whom the Lambda authorizer of the `$connect` route lets through. Leave it out for
   * that: `undefined` is refused, which an import under a wrong name is
   */
  readonly authorize?: (
    options: AuthorizeOptions,
  ) => Authorized<TSession> | Promise<Authorized<TSession>>;
  /**
   * Origins of pages that may connect, for example `["https://example.com"]`; compared exactly. A browser opens
   * WebSockets across origins and sends cookies along, and CORS does not apply. A client without an `Origin` header is
   * no browser and is let through, unless it sends a cookie.
   *
   * @defaultValue not checked. Leave it out for that: `undefined` is refused, which a variable that is not set is
   */
  readonly allowedOrigins?: readonly string[];
  /** Called for every refused and every failed handshake. What it throws is dropped. */
  readonly onError?: HandlerErrorHandler<unknown>;
}

/** Largest session in bytes of JSON; as much as a Lambda authorizer may return. It is read with every frame. */
const MAX_SESSION_BYTES = 8_192;

/** Epoch seconds cannot reach this before the year 5138; milliseconds have passed it. */
const LARGEST_EPOCH_SECONDS = 1e11;

/**
 * The `$connect` handler: its status decides the handshake.
 *
 * @param maxConnectionMs - the longest that what carries the connection lets it live
 */
export function createConnectHandler<TSession>(
  app: App,
  options: ConnectOptions<TSession>,
  maxConnectionMs: number = MAX_CONNECTION_MS,
): WebSocketHandler<WebSocketConnectEvent> {
  return async (event, context) => {
    const reporting = { step: "connect", onError: options.onError } as const;
    const reporters = reportersOf(app, reporting, event);
    const { observer } = reporters;
    try {
      const connectionId = connectionIdOf(event, "CONNECT");
      checkHandshake(event);
      const headers = lowerCaseHeaders(event.headers);
      checkOrigin(options.allowedOrigins, headers);
      const connectedAt = new Date(event.requestContext.connectedAt);
      const authorized = await authorize(options, {
        event,
        context,
        headers,
        query: event.queryStringParameters ?? {},
        connection: { id: connectionId, connectedAt },
      });
      const answer = accepted(headers["sec-websocket-protocol"]);
      const connection = newConnection(event, { connectionId, authorized, maxConnectionMs });
      await counting(observer, () => app.store.connect(connection));
      observer?.tell({ type: "connected", connectionId, durationMs: observer.durationMs });
      return answer;
    } catch (error) {
      return refuseConnection(reporters, event, error);
    }
  };
}

/** The answer to a handshake that failed with an error, of which `onError` and `onEvent` are told. */
export function refuseConnection(
  { reportError, observer }: Reporters,
  event: WebSocketConnectEvent,
  error: unknown,
): WebSocketResult {
  reportError(error);
  // Also of a TRPCError that another copy of tRPC made; anything else becomes 500.
  const refusal = getTRPCErrorFromUnknown(error);
  const statusCode = getHTTPStatusCodeFromError(refusal);
  observer?.tell({
    type: "connectionRefused",
    ...toldConnection(event),
    status: statusCode,
    code: refusal.code,
    durationMs: observer.durationMs,
  });
  return { statusCode };
}

async function authorize<TSession>(
  options: ConnectOptions<TSession>,
  given: AuthorizeOptions,
): Promise<Authorized<TSession> | undefined> {
  if (options.authorize === undefined) return undefined;
  const authorized: unknown = await options.authorize(given);
  // A `return` without a value must not let everybody in.
  if (typeof authorized !== "object" || authorized === null || !("session" in authorized)) {
    throw new TypeError("authorize must return { session } or throw");
  }
  return authorized as Authorized<TSession>;
}

function newConnection(
  { queryStringParameters, requestContext }: WebSocketConnectEvent,
  {
    connectionId,
    authorized,
    maxConnectionMs,
  }: {
    readonly connectionId: string;
    readonly authorized: Authorized<unknown> | undefined;
    readonly maxConnectionMs: number;
  },
): NewConnection {
  const { apiId, stage, connectedAt } = requestContext;
  const session = sessionText(authorized);
  const longest = Math.floor((connectedAt + maxConnectionMs + EXPIRY_SLACK_MS) / 1000);
  return {
    connectionId,
    api: { apiId, stage },
    connectedAt,
    // No slack on a session: its end is a matter of rights, not of clean-up.
    expireAt: Math.min(longest, sessionExpiry(authorized) ?? longest),
    paramsExpected: queryStringParameters?.["connectionParams"] === "1",
    ...(queryStringParameters?.["handOver"] === "1" && { handOver: true }),
    ...(session === undefined ? {} : { session }),
  };
}

function sessionText(authorized: Authorized<unknown> | undefined): string | undefined {
  if (authorized === undefined) return undefined;
  const text: string | undefined = JSON.stringify(authorized.session);
  if (text !== undefined && utf8Bytes(text) > MAX_SESSION_BYTES) {
    throw new RangeError(
      `authorize returned a session of ${utf8Bytes(text)} bytes; at most ${MAX_SESSION_BYTES} are kept`,
    );
  }
  return text;
}

function sessionExpiry(authorized: Authorized<unknown> | undefined): number | undefined {
  const seconds = authorized?.expireAtSeconds;
  if (seconds === undefined) return undefined;
  if (!Number.isFinite(seconds) || seconds > LARGEST_EPOCH_SECONDS) {
    throw new RangeError(
      `authorize returned expireAtSeconds ${seconds}; give epoch seconds, not ms`,
    );
  }
  if (seconds * 1000 <= Date.now()) {
    throw new TRPCError({ code: "UNAUTHORIZED", message: "The session has expired" });
  }
  return Math.floor(seconds);
}

/** Browsers fail the handshake when they offered subprotocols and none, or one they did not offer, comes back. */
function accepted(offered: string | undefined): WebSocketResult {
  const [first] = (offered ?? "").split(",").map((protocol) => protocol.trim());
  return first === undefined || first === ""
    ? { statusCode: 200 }
    : { statusCode: 200, headers: { "Sec-WebSocket-Protocol": first } };
}
