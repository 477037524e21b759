import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { SubscriptionsError } from "../errors.ts";
import type { Handshake } from "../gateway/event.ts";
import { Routes } from "../gateway/routes.ts";
import { TaskSet } from "../gateway/taskSet.ts";
import { Connection } from "./connection.ts";
import { close, KEEP_ALIVE_MS, listen } from "./listen.ts";
import { ManagementApi } from "./management.ts";
import { type GatewayOptions, type GatewaySettings, gatewaySettings } from "./options.ts";
import { Upgrader } from "./upgrade.ts";

/** A running emulator of an API Gateway WebSocket API. */
export interface Gateway {
  /** For clients, for example `ws://127.0.0.1:41234/local`. */
  readonly url: string;
  /** For `ApiGatewayManagementApiClient`, for example `http://127.0.0.1:41234/local`. */
  readonly endpoint: string;
  readonly apiId: string;
  readonly stage: string;
  /** The connections that can be posted to now, oldest first. */
  connectionIds(): readonly string[];
  /**
   * Closes a socket from the gateway's side; resolves when it is closed and `$disconnect` was started.
   *
   * @param code - close code the client sees; 1000 by default
   * @throws {@link SubscriptionsError} `LOCAL` when there is no such connection
   */
  close(connectionId: string, code?: number, reason?: string): Promise<void>;
  /**
   * Cuts a socket without a close frame, as a lost network does: both sides see 1006.
   *
   * @throws {@link SubscriptionsError} `LOCAL` when there is no such connection
   */
  dropConnection(connectionId: string): Promise<void>;
  /**
   * Resolves when no handshake and no handler is under way. A message still on its way to the gateway is unknown to it.
   */
  settled(): Promise<void>;
  /**
   * Closes every socket with 1001, waits for all handlers, `$disconnect` included, and frees the port. Handlers may
   * still call `@connections` meanwhile. Waits no longer for a handler than `lambdaTimeoutMs`. May be called twice.
   */
  stop(): Promise<void>;
}

/**
 * Starts an emulator of an API Gateway WebSocket API for development and tests: it invokes Lambda handlers with the
 * events, the concurrency, the limits and the failures of the real one, and serves its `@connections` API.
 *
 * @example
 * ```ts
 * const gateway = await startGateway({ handlers: { connect, default: handler, disconnect } });
 * const client = createWSClient({ url: gateway.url });
 * ```
 * @throws {@link SubscriptionsError} `LOCAL` when the port cannot be taken
 * @throws {@link BuilderError} for handlers that are none, or of another route
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = gatewaySettings(options);
  const running = new RunningGateway(settings);
  const origin = await running.listen();
  const path = `/${settings.stage}`;
  return {
    url: `ws://${origin}${path}`,
    endpoint: `http://${origin}${path}`,
    apiId: settings.apiId,
    stage: settings.stage,
    connectionIds: () => running.connectionIds(),
    close: (connectionId, code = 1000, reason = "") =>
      running.end(connectionId, (connection) => connection.close(code, reason)),
    dropConnection: (connectionId) =>
      running.end(connectionId, (connection) => connection.terminate()),
    settled: () => running.settled(),
    stop: () => running.stop(),
  };
}

class RunningGateway {
  readonly #settings: GatewaySettings;
  readonly #server: Server;
  readonly #connections = new Map<string, Connection>();
  readonly #invocations: TaskSet = new TaskSet();
  readonly #managementCalls: TaskSet = new TaskSet();
  readonly #routes: Routes;
  readonly #upgrader: Upgrader;
  readonly #management: ManagementApi;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
    this.#routes = new Routes(settings, this.#invocations);
    this.#management = new ManagementApi(settings, this.#connections);
    this.#upgrader = new Upgrader({
      settings,
      routes: this.#routes,
      onConnected: (socket, handshake) => this.#connected(socket, handshake),
    });
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#managementCalls.run(() => this.#management.handle(request, response));
    });
    this.#server.on("upgrade", (request, stream, head) => {
      this.#invocations.run(() => this.#upgrader.upgrade({ request, stream, head }));
    });
  }

  /** Resolves with the `host:port` to use. */
  listen(): Promise<string> {
    return listen(this.#server, this.#settings);
  }

  connectionIds(): readonly string[] {
    return [...this.#connections.values()]
      .filter(({ isOpen }) => isOpen)
      .map(({ handshake }) => handshake.connectionId);
  }

  async end(connectionId: string, how: (connection: Connection) => void): Promise<void> {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined) {
      throw new SubscriptionsError("LOCAL", `there is no connection "${connectionId}"`);
    }
    how(connection);
    await connection.closed;
  }

  settled(): Promise<void> {
    return this.#invocations.settled();
  }

  async stop(): Promise<void> {
    this.#upgrader.stop();
    this.#management.stop();
    const connections = [...this.#connections.values()];
    for (const connection of connections) connection.close(1001, "Going away");
    await Promise.all(connections.map(({ closed }) => closed));
    await this.#invocations.settled();
    await close(this.#server);
    await this.#managementCalls.settled();
  }

  #connected(
    socket: { readonly webSocket: WebSocket; readonly stream: Duplex },
    handshake: Handshake,
  ): void {
    const connection = new Connection(socket, handshake, {
      settings: this.#settings,
      routes: this.#routes,
      onClosed: () => this.#connections.delete(handshake.connectionId),
    });
    this.#connections.set(handshake.connectionId, connection);
  }
}
