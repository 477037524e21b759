import type { AnyTRPCRouter } from "@trpc/server";
import type { Publisher } from "../../adapters/api-gateway/types.ts";
import type { MemoryStore } from "../../store/memory.ts";
import type { AnyFilter } from "../../subscriptions/routes.ts";
import type { WaitOptions } from "./feed.ts";
import type { ReportedError } from "./handlers.ts";
import type { TestHandshakeOptions } from "./options.ts";
import type { StockClient, TestConnectionParams, WebSocketClass } from "./stockClient.ts";
import type { DataOf, InputArguments, Subscribable, TestSubscription } from "./subscription.ts";
import type { ClientSocket, CreatedClient, TestConnection } from "./testConnection.ts";

/** Options of `connect` for a client that the gateway makes. */
export interface TestConnectOptions<TSession> extends TestHandshakeOptions<TSession> {
  /** tRPC's `connectionParams`: an object, `null`, or a function that returns one for each handshake. */
  readonly connectionParams?: TestConnectionParams;
}

/** Options of `connect` for a client of your own. */
export interface TestClientOptions<TSession, TClient> extends TestHandshakeOptions<TSession> {
  /** Makes the client, for example with the function of your app. */
  readonly createClient: (
    socket: ClientSocket,
  ) => CreatedClient<TClient> | Promise<CreatedClient<TClient>>;
}

/**
 * Handlers, store, gateway and publisher of an app in this process, for tests.
 *
 * @category Testing
 */
export interface TestGateway<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter, TSession> {
  /** For `createWSClient({ url })`. */
  readonly url: string;
  /** For `createWSClient({ WebSocket })`: the low level, for clients that the gateway shall know nothing of. */
  readonly WebSocket: WebSocketClass;
  /** The typed publisher of the chain. */
  readonly publisher: Publisher<TRouter, TFilters>;
  /** Where the subscriptions are: `countRoutes()` is 0 when nobody listens. */
  readonly store: MemoryStore;
  /** Everything handlers and publisher reported to `onError`, oldest first. */
  readonly errors: readonly ReportedError[];
  /** The open connections, oldest first. */
  connectionIds(): readonly string[];
  /** Connects a client of your own. Resolves when it is connected; at once if it connects lazily. */
  connect<TClient>(options: TestClientOptions<TSession, TClient>): Promise<TestConnection<TClient>>;
  /**
   * Connects a client of `@trpc/client`, with `wsLink` and the router's transformer. Resolves when it is connected.
   *
   * @throws {@link ConnectionRefusedError} rejects with it when `$connect` refuses the handshake
   * @throws {@link TestGatewayError} rejects with it after `close()`, and for an option that does not exist
   */
  connect(options?: TestConnectOptions<TSession>): Promise<TestConnection<StockClient<TRouter>>>;
  /**
   * Subscribes with whatever tRPC client, and resolves at the server's `started`: what is published from then on is
   * received.
   *
   * ```ts
   * const pings = await gateway.listen(alice.client.onPing, { room: "red" });
   * ```
   *
   * @throws the client's error, when the server refuses
   */
  listen<TProcedure extends Subscribable>(
    procedure: TProcedure,
    ...input: InputArguments<TProcedure>
  ): Promise<TestSubscription<DataOf<TProcedure>>>;
  /**
   * Resolves when everything has come to rest: no handler runs, all frames have arrived, and clients that reconnect at
   * once are back. What has not arrived then will not arrive. A subscription written as a plain generator is a handler
   * that runs until it ends.
   *
   * @throws {@link TestGatewayError} rejects with it when that takes longer; it names what is under way
   */
  settled(options?: WaitOptions): Promise<void>;
  /**
   * Closes every client that `connect` made and every socket, and waits for the handlers, `$disconnect` included.
   * Clients made with `WebSocket` are yours to close, before. May be called twice.
   *
   * @throws {@link TestGatewayError} rejects with it when handlers do not end in time
   */
  close(options?: WaitOptions): Promise<void>;
}
