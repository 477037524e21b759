import { BrokerConnectionError } from "../../errors/broadcast.ts";
import { APPSYNC_CONNECTION_TIMEOUT_MS } from "../../protocol/appSyncEvents.ts";
import type { BrokerConnection, BrokerEvents, GrantedTopic } from "../broadcast/broker.ts";
import type { WebSocketClass, WebSocketLike } from "../webSocketClass.ts";
import type { RealtimeEndpoint } from "./endpoint.ts";
import { errorOf, eventsOf, readFrame, type ServerFrame, subprotocolsOf } from "./frames.ts";
import { Watchdog } from "./watchdog.ts";

/** What a connection is made with. */
export interface ConnectionOptions extends BrokerEvents {
  readonly WebSocket: WebSocketClass;
  readonly endpoint: RealtimeEndpoint;
  /** Of any grant. */
  readonly token: string;
}

/** The answer to something that was asked. */
interface Pending {
  resolve(): void;
  reject(error: Error): void;
}

/** One socket of the realtime endpoint. */
export class AppSyncConnection implements BrokerConnection {
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocketLike;
  readonly #watchdog: Watchdog;
  /** Subscriptions by topic, and back. */
  readonly #ids = new Map<string, string>();
  readonly #topics = new Map<string, string>();
  readonly #pending = new Map<string, Pending>();
  /** Who waits for the connection; until it is accepted. */
  #accepting: Pending | undefined;
  #isHandedOver = false;
  #endedBy: Error | undefined;
  #lastId = 0;
  #isOver = false;

  private constructor(options: ConnectionOptions) {
    const { WebSocket, endpoint, token } = options;
    const authorization = authorizationOf(endpoint, token);
    this.#options = options;
    this.#socket = new WebSocket(endpoint.url, [...subprotocolsOf(authorization)]);
    this.#watchdog = new Watchdog(APPSYNC_CONNECTION_TIMEOUT_MS, (timeoutMs) =>
      this.#end(`nothing came for ${timeoutMs} ms`),
    );
    this.#socket.addEventListener("open", () => this.#send({ type: "connection_init" }));
    this.#socket.addEventListener("message", (event) => this.#receive(event));
    this.#socket.addEventListener("error", (event) => this.#end(failureText(event)));
    this.#socket.addEventListener("close", (event) => this.#end(closeText(event)));
  }

  /**
   * Opens a connection.
   *
   * @throws {@link BrokerRefusedError} when AppSync does not let this client in
   * @throws {@link BrokerConnectionError} when it cannot be reached, or the signal aborts
   */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<AppSyncConnection> {
    const connection = new AppSyncConnection(options);
    const abort = (): void => connection.#end("no longer wanted");
    signal.addEventListener("abort", abort);
    try {
      await new Promise<void>((resolve, reject) => {
        connection.#accepting = { resolve, reject };
        if (signal.aborted) abort();
      });
      // It may have ended in the same breath, and then nobody but the caller is told.
      if (connection.#endedBy !== undefined) throw connection.#endedBy;
      connection.#isHandedOver = true;
      return connection;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async subscribe(topics: readonly GrantedTopic[]): Promise<void> {
    try {
      await Promise.all(topics.map((topic) => this.#subscribe(topic)));
    } catch (error) {
      this.unsubscribe(topics.map(({ topic }) => topic));
      throw error;
    }
  }

  unsubscribe(topics: readonly string[]): void {
    for (const topic of topics) {
      const id = this.#ids.get(topic);
      if (id === undefined) continue;
      this.#forget(topic, id);
      this.#send({ type: "unsubscribe", id });
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watchdog.stop();
    this.#socket.close();
    this.#rejectAll(new BrokerConnectionError("AppSync Events: the connection was closed"));
  }

  #subscribe({ topic, grant }: GrantedTopic): Promise<void> {
    const id = String(++this.#lastId);
    this.#ids.set(topic, id);
    this.#topics.set(id, topic);
    return new Promise((resolve, reject) => {
      if (this.#isOver) {
        reject(new BrokerConnectionError("AppSync Events: the connection is over"));
        return;
      }
      const refuse = (error: Error): void => {
        this.#forget(topic, id);
        reject(error);
      };
      this.#pending.set(id, { resolve, reject: refuse });
      const authorization = authorizationOf(this.#options.endpoint, grant.token);
      this.#send({ type: "subscribe", id, channel: topic, authorization });
    });
  }

  #forget(topic: string, id: string): void {
    this.#topics.delete(id);
    if (this.#ids.get(topic) === id) this.#ids.delete(topic);
  }

  #send(frame: object): void {
    // A text, though the interface of the platform's class takes any kind of data.
    if (!this.#isOver) this.#socket.send(JSON.stringify(frame) as never);
  }

  #receive(event: object): void {
    if (this.#isOver) return;
    this.#watchdog.heard();
    const frame = readFrame(Reflect.get(event, "data"));
    if (frame === undefined) this.#end("what came is no JSON object");
    else this.#handle(frame);
  }

  #handle(frame: ServerFrame): void {
    const id = String(frame.id);
    switch (frame.type) {
      case "connection_ack":
        this.#accept(frame);
        break;
      case "connection_error":
        this.#fail(errorOf(frame));
        break;
      case "subscribe_success":
        this.#settle(id)?.resolve();
        break;
      case "data":
        this.#deliver(id, frame);
        break;
      case "subscribe_error":
        this.#settle(id)?.reject(errorOf(frame));
        break;
      case "broadcast_error":
      case "error":
        // Of an event that was lost, or of something that no answer of its own is for.
        (this.#settle(id)?.reject ?? this.#options.onError)(errorOf(frame));
        break;
      default:
      // `ka`, answers to `unsubscribe`, and what AppSync adds in future.
    }
  }

  #accept({ connectionTimeoutMs }: ServerFrame): void {
    if (typeof connectionTimeoutMs === "number" && connectionTimeoutMs > 0) {
      this.#watchdog.timeoutMs = connectionTimeoutMs;
    }
    this.#accepting?.resolve();
  }

  #deliver(id: string, frame: ServerFrame): void {
    const topic = this.#topics.get(id);
    if (topic === undefined) return;
    for (const body of eventsOf(frame)) this.#options.onMessage(topic, body);
  }

  #settle(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  #end(why: string): void {
    this.#fail(new BrokerConnectionError(`AppSync Events: ${why}`));
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endedBy = error;
    this.#watchdog.stop();
    this.#socket.close();
    this.#rejectAll(error);
    if (this.#isHandedOver) this.#options.onClose(error);
  }

  #rejectAll(error: Error): void {
    this.#accepting?.reject(error);
    for (const { reject } of [...this.#pending.values()]) reject(error);
    this.#pending.clear();
  }
}

function authorizationOf({ host }: RealtimeEndpoint, token: string): object {
  return { Authorization: token, host };
}

function closeText(event: object): string {
  const [code, reason]: readonly unknown[] = [
    Reflect.get(event, "code"),
    Reflect.get(event, "reason"),
  ];
  const because = typeof reason === "string" && reason !== "" ? `, ${reason}` : "";
  return `the socket closed (${code}${because})`;
}

/** Browsers do not say why. */
function failureText(event: object): string {
  const message: unknown = Reflect.get(event, "message");
  return typeof message === "string" && message !== "" ? message : "the socket failed";
}
