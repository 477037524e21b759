import type { AnyTRPCRouter } from "@trpc/server";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketEvent,
  WebSocketHandler,
  WebSocketMessageEvent,
} from "../../adapters/api-gateway/event.ts";
import type {
  ApiGatewayHandlers,
  PublisherOptions,
  WebSocketHandlerOptions,
} from "../../adapters/api-gateway/types.ts";
import { TestGatewayError } from "../../errors/testing.ts";
import type { MemoryStore } from "../../store/memory.ts";
import type { AnyFilter } from "../../subscriptions/routes.ts";

type Steps<TRouter extends AnyTRPCRouter, TSession> = ApiGatewayHandlers<TRouter, never, TSession>;

/** What the test gateway gives to handlers and publishers itself. */
type Given = "client" | "endpoint" | "api" | "fanOut";

/**
 * Options of `createTestGateway`. A handler is given as it is exported for Lambda, or by its options; it is made again
 * on the gateway's store, so the handler of the app stays as it is.
 *
 * @typeParam TSession - what `authorize` returns
 * @category Testing
 */
export interface TestGatewayOptions<TRouter extends AnyTRPCRouter, TSession> {
  /** What `connect()` made, or its options. @defaultValue `{}`: everybody may connect */
  readonly connect?:
    | WebSocketHandler<WebSocketConnectEvent>
    | NonNullable<Parameters<Steps<TRouter, TSession>["connect"]>[0]>;
  /** What `disconnect()` made, or its options. @defaultValue `{}` */
  readonly disconnect?:
    | WebSocketHandler<WebSocketDisconnectEvent>
    | NonNullable<Parameters<Steps<TRouter, TSession>["disconnect"]>[0]>;
  /** What `handler()` made, or its options. @defaultValue `{}`: the context is the session */
  readonly handler?:
    | WebSocketHandler<WebSocketMessageEvent>
    | Omit<NonNullable<Parameters<Steps<TRouter, TSession>["handler"]>[0]>, Given>;
  /** What `webSocketHandler()` made, or its options: for all three routes, in place of the three above. */
  readonly webSocketHandler?:
    | WebSocketHandler<WebSocketEvent>
    | Omit<WebSocketHandlerOptions<TRouter, TSession>, Given>;
  /** Options of `publisher()`. @defaultValue `{}` */
  readonly publisher?: Omit<PublisherOptions, Given>;
  /** Where subscriptions live, to look into. @defaultValue a new `memory()` */
  readonly store?: MemoryStore;
}

/** {@link TestGatewayOptions} of whatever chain. */
export type AnyTestGatewayOptions = TestGatewayOptions<AnyTRPCRouter, unknown>;

/** What one client says in its handshakes, its reconnects included. */
export interface TestHandshakeOptions<TSession = unknown> {
  /** Headers beside those that every handshake has, for example `{ Origin: "https://example.com" }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Query string of the URL. */
  readonly query?: Readonly<Record<string, string>>;
  /** What the Lambda authorizer of the `$connect` route would have returned: `requestContext.authorizer`. */
  readonly authorizer?: Readonly<Record<string, unknown>>;
  /** The session of this connection; `authorize` is not asked. */
  readonly session?: TSession;
}

const OPTIONS: ReadonlySet<string> = new Set([
  "connect",
  "disconnect",
  "handler",
  "webSocketHandler",
  "publisher",
  "store",
] satisfies (keyof AnyTestGatewayOptions)[]);

/** @throws {@link TestGatewayError} for an option that does not exist or contradicts another */
export function checkOptions(options: AnyTestGatewayOptions): void {
  checkNames("createTestGateway()", options, OPTIONS);
  if (options.webSocketHandler === undefined) return;
  const twice = (["connect", "disconnect", "handler"] as const).find((name) => name in options);
  if (twice !== undefined) {
    throw new TestGatewayError(
      `createTestGateway(): webSocketHandler is for all three routes, and ${twice} was given too. Give one of them.`,
    );
  }
}

/** @throws {@link TestGatewayError} for a name that is none of `known` */
export function checkNames(call: string, options: unknown, known: ReadonlySet<string>): void {
  if (typeof options !== "object" || options === null) {
    throw new TestGatewayError(`${call}: the options are ${String(options)}, not an object.`);
  }
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new TestGatewayError(
    `${call}: there is no option "${unknown}". There are ${[...known].join(", ")}.`,
  );
}

/** A chain after `router()`, before `store()`. */
interface Unstored {
  store(options: never): unknown;
}

/** A chain after `store()`. */
interface WithHandlers {
  connect(options?: never): unknown;
  handler(options?: never): unknown;
  publisher(options: never): unknown;
}

/** A chain that `createTestGateway` takes: with its store, or before it. */
export type TestableChain = Unstored | WithHandlers;

type Stored<TChain> = TChain extends { store(options: never): infer TStored } ? TStored : TChain;

/** Router, filters and session of a chain. */
export type TypesOf<TChain> =
  Stored<TChain> extends ApiGatewayHandlers<infer TRouter, infer TFilters, infer TSession>
    ? { readonly router: TRouter; readonly filters: TFilters; readonly session: TSession }
    : { readonly router: AnyTRPCRouter; readonly filters: AnyFilter; readonly session: unknown };
