import type { AnyTRPCRouter } from "@trpc/server";
import type { Publisher } from "../../adapters/api-gateway/types.ts";
import { TestGatewayError } from "../../errors/testing.ts";
import { type MemoryStore, memory } from "../../store/memory.ts";
import type { Base } from "../../subscriptions/rebase.ts";
import { TEST_DOMAIN_NAME, TEST_STAGE } from "../events.ts";
import { managementClient } from "../managementClient.ts";
import type { WaitOptions } from "./feed.ts";
import { type Deployment, deploy, type ReportedError } from "./handlers.ts";
import { Line } from "./line.ts";
import { Network } from "./network.ts";
import { type AnyTestGatewayOptions, checkNames, type TestHandshakeOptions } from "./options.ts";
import { DEFAULT_TIMEOUT_MS } from "./realTime.ts";
import type { WebSocketClass } from "./stockClient.ts";
import { listen, type Subscribable, type TestSubscription } from "./subscription.ts";
import {
  type ClientSocket,
  type CreatedClient,
  connected,
  type TestConnection,
  testConnection,
} from "./testConnection.ts";
import type { TestClientOptions, TestConnectOptions } from "./testGateway.ts";
import { webSocketClass } from "./webSocket.ts";

/** Where clients connect. */
export const TEST_URL: string = `wss://${TEST_DOMAIN_NAME}/${TEST_STAGE}`;

const CONNECT_OPTIONS: ReadonlySet<string> = new Set([
  "headers",
  "query",
  "authorizer",
  "session",
  "connectionParams",
  "createClient",
] satisfies (keyof AnyConnectOptions)[]);

/** Options of `connect`, of whatever chain. */
export type AnyConnectOptions = TestConnectOptions<unknown> &
  Partial<TestClientOptions<unknown, object>>;

/** The gateway of one test, with everything behind it. */
export class RunningGateway {
  readonly store: MemoryStore;
  readonly errors: ReportedError[] = [];
  readonly publisher: Publisher<AnyTRPCRouter, never>;
  readonly #router: AnyTRPCRouter;
  readonly #deployment: Deployment;
  readonly #network: Network;
  readonly #connections: TestConnection<object>[] = [];
  #isClosed = false;

  constructor(base: Base, options: AnyTestGatewayOptions) {
    this.store = options.store ?? memory();
    this.#router = base.router;
    const client = managementClient({
      post: (connectionId, frame) => this.#network.post(connectionId, frame),
      close: (connectionId) => this.#network.close(connectionId),
    });
    const onError = (reported: ReportedError): void => {
      this.errors.push(reported);
    };
    this.#deployment = deploy(base, options, { store: this.store, client, onError });
    this.#network = new Network(this.#deployment.handlers);
    this.publisher = this.#deployment.publisher;
  }

  connectionIds(): readonly string[] {
    return this.#network.connectionIds();
  }

  /** A class whose sockets say the same in every handshake. */
  webSocket(options: TestHandshakeOptions): WebSocketClass {
    return this.#classOn(this.#line(options));
  }

  async connect(options: AnyConnectOptions): Promise<TestConnection<object>> {
    if (this.#isClosed) throw new TestGatewayError("connect(): this test gateway is closed.");
    checkNames("connect()", options, CONNECT_OPTIONS);
    if (options.createClient !== undefined && options.connectionParams !== undefined) {
      throw new TestGatewayError(
        "connect(): connectionParams belong to createWSClient, which createClient calls.",
      );
    }
    const line = this.#line(options);
    const socket = { url: urlWith(options.query), WebSocket: this.#classOn(line) };
    const created = await this.#client(socket, options);
    const connection = testConnection(this.#network, line, created);
    try {
      await connected(line);
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.#connections.push(connection);
    return connection;
  }

  listen(procedure: Subscribable, input: unknown): Promise<TestSubscription<unknown>> {
    return listen(procedure, input, () => this.store.routes().map(({ pk, sk }) => `${pk} | ${sk}`));
  }

  settled({ timeoutMs = DEFAULT_TIMEOUT_MS }: WaitOptions = {}): Promise<void> {
    return this.#network.settled(timeoutMs, (underWay) => {
      const lines = underWay.map((line) => `\n  ${line}`).join("");
      return new TestGatewayError(
        `settled(): not at rest after ${timeoutMs} ms. Under way:${lines || " frames that clients go on sending"}`,
      );
    });
  }

  async close(options?: WaitOptions): Promise<void> {
    this.#isClosed = true;
    const closing = Promise.all(
      this.#connections.splice(0).map((connection) => connection.close()),
    );
    // A stock client waits for its answers before it closes; one that does not come must not hold the test.
    const late = await Promise.race([
      closing.then(() => undefined),
      this.settled(options).catch((error: unknown) => error),
    ]);
    this.#network.stop();
    await closing;
    if (late !== undefined) throw late;
    await this.settled(options);
  }

  #line({ headers = {}, authorizer, ...options }: TestHandshakeOptions): Line {
    const connect = "session" in options ? this.#deployment.connectAs(options.session) : undefined;
    const errorOf = (connectionId: string): Error | undefined =>
      this.errors.findLast((each) => each.connectionId === connectionId)?.error;
    return new Line({ headers, authorizer, connect, errorOf });
  }

  #classOn(line: Line): WebSocketClass {
    return webSocketClass((end, request) => this.#network.dial(line, end, request));
  }

  async #client(
    socket: ClientSocket,
    { createClient, connectionParams }: AnyConnectOptions,
  ): Promise<CreatedClient<object>> {
    if (createClient !== undefined) return createClient(socket);
    const { createStockClient } = await import("./stockClient.ts").catch((cause: unknown) => {
      throw new TestGatewayError(
        "connect() makes its client with @trpc/client, which cannot be loaded. Install it, or give createClient.",
        { cause },
      );
    });
    return createStockClient(this.#router, {
      ...socket,
      ...(connectionParams !== undefined && { connectionParams }),
    });
  }
}

function urlWith(query: Readonly<Record<string, string>> | undefined): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? TEST_URL : `${TEST_URL}?${text}`;
}
