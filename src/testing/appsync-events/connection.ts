import type { RawData, WebSocket } from "ws";
import type { TaskSet } from "../../gateway/taskSet.ts";
import { startTimer } from "../../gateway/timer.ts";
import type { Authorization } from "./authorize.ts";
import type { Listeners } from "./broadcast.ts";
import { badRequest, EventApiFailure, failureOf } from "./failure.ts";
import type { AppSyncEventsSettings } from "./options.ts";
import type { Namespaces } from "./publish.ts";

/** What a connection needs of the API around it. */
export interface ConnectionHost {
  readonly settings: AppSyncEventsSettings;
  readonly authorization: Authorization;
  readonly namespaces: Namespaces;
  readonly listeners: Listeners;
  readonly tasks: TaskSet;
  /** Called once, when the socket is closed. */
  onClosed(connection: Connection): void;
}

interface ClientMessage {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly channel?: unknown;
  readonly events?: unknown;
  readonly authorization?: unknown;
}

const GOING_AWAY = 1001;
/** Characters and length of the ids that clients give. */
const ID = /^[A-Za-z0-9_+-]{1,128}$/;

/** A socket of the realtime endpoint whose client may be there. */
export class Connection {
  readonly id: string;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #webSocket: WebSocket;
  /** What ends each subscription, by id; from the moment that one is asked for. */
  readonly #subscriptions = new Map<string, () => void>();
  #publishes = { second: 0, count: 0 };

  constructor(id: string, webSocket: WebSocket, host: ConnectionHost) {
    this.id = id;
    this.#host = host;
    this.#webSocket = webSocket;
    const { keepAliveMs, maxConnectionMs, onEvent } = host.settings;
    const keepAlive = Number.isFinite(keepAliveMs)
      ? setInterval(() => this.#send({ type: "ka" }), keepAliveMs)
      : undefined;
    const lifetime = startTimer(maxConnectionMs, () => this.close(GOING_AWAY));
    onEvent({ type: "connected", connectionId: id });
    webSocket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    // A broken frame; `ws` closes the socket behind it.
    webSocket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      webSocket.on("close", (code) => {
        clearInterval(keepAlive);
        clearTimeout(lifetime);
        for (const end of this.#subscriptions.values()) end();
        this.#subscriptions.clear();
        onEvent({ type: "closed", connectionId: id, code });
        host.onClosed(this);
        resolve();
      });
    });
  }

  /** Channels and wildcards that are subscribed to. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Closes with a close frame. */
  close(code: number): void {
    this.#webSocket.close(code);
  }

  /** Cuts the socket without a close frame. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  #send(message: object): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) {
      this.#webSocket.send(JSON.stringify(message));
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    const message = isBinary ? undefined : parsed(data.toString());
    if (message === undefined) {
      const errors = errorsOf(badRequest("a message is a JSON object"));
      this.#send({ type: "error", errors });
      return;
    }
    const { settings, tasks } = this.#host;
    settings.onEvent({ type: "received", connectionId: this.id, message });
    tasks.run(() => this.#handle(message));
  }

  async #handle(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case "connection_init": {
        const { connectionTimeoutMs } = this.#host.settings;
        return this.#send({ type: "connection_ack", connectionTimeoutMs });
      }
      case "subscribe":
        return this.#answer(message, "subscribe", () => this.#subscribe(message));
      case "unsubscribe":
        return this.#answer(message, "unsubscribe", async () => this.#unsubscribe(message));
      case "publish":
        return this.#answer(message, "publish", () => this.#publish(message));
      default: {
        const text = `${String(message.type)} not supported through the realtime channel`;
        const errors = errorsOf(new EventApiFailure("UnsupportedOperation", text));
        return this.#send({ type: "error", id: message.id, errors });
      }
    }
  }

  async #answer(
    { id }: ClientMessage,
    type: string,
    act: () => Promise<object | undefined>,
  ): Promise<void> {
    try {
      const answer = await act();
      this.#send({ type: `${type}_success`, id, ...answer });
    } catch (error) {
      this.#send({ type: `${type}_error`, id, errors: errorsOf(failureOf(error)) });
    }
  }

  async #subscribe({ id, authorization, ...message }: ClientMessage): Promise<undefined> {
    const { settings, namespaces, listeners } = this.#host;
    const subscriptionId = idOf(id);
    if (this.#subscriptions.has(subscriptionId)) {
      throw new EventApiFailure("DuplicatedOperationException", `the id "${id}" is in use`);
    }
    if (this.#subscriptions.size >= settings.maxSubscriptionsPerConnection) {
      const most = `a connection has ${settings.maxSubscriptionsPerConnection} subscriptions at most`;
      throw new EventApiFailure("LimitExceededError", most);
    }
    let isWanted = true;
    const reservation = (): void => {
      isWanted = false;
    };
    this.#subscriptions.set(subscriptionId, reservation);
    try {
      const channel = namespaces.channel(message.channel, { wildcard: true });
      const body = JSON.stringify({ channel: message.channel });
      const request = { operation: "EVENT_SUBSCRIBE", channel, authorization, body } as const;
      const identity = await this.#host.authorization.authorize(request);
      await namespaces.subscribe(channel, identity);
      if (!isWanted) throw new EventApiFailure("UnknownOperationError", "it was ended meanwhile");
      const deliver = (event: string): void => this.#deliver(subscriptionId, event);
      const end = listeners.add(channel, { connectionId: this.id, deliver });
      this.#subscriptions.set(subscriptionId, end);
    } catch (error) {
      if (isWanted) this.#subscriptions.delete(subscriptionId);
      throw error;
    }
    return undefined;
  }

  #deliver(id: string, event: string): void {
    if (!this.#subscriptions.has(id)) return;
    const { eventsAsArray } = this.#host.settings;
    this.#send({ type: "data", id, event: eventsAsArray ? [event] : event });
  }

  #unsubscribe({ id }: ClientMessage): undefined {
    const end = this.#subscriptions.get(idOf(id));
    if (end === undefined) {
      throw new EventApiFailure("UnknownOperationError", `Unknown operation id ${id}`);
    }
    this.#subscriptions.delete(idOf(id));
    end();
    return undefined;
  }

  async #publish({ id, channel, events, authorization }: ClientMessage): Promise<object> {
    const { namespaces } = this.#host;
    idOf(id);
    this.#countPublish();
    const canonical = namespaces.channel(channel, { wildcard: false });
    const identity = await this.#host.authorization.authorize({
      operation: "EVENT_PUBLISH",
      channel: canonical,
      authorization,
      body: JSON.stringify({ channel, events }),
    });
    return namespaces.publish(canonical, events, identity);
  }

  #countPublish(): void {
    const second = Math.floor(performance.now() / 1000);
    const count = this.#publishes.second === second ? this.#publishes.count + 1 : 1;
    this.#publishes = { second, count };
    if (count > this.#host.settings.socketPublishesPerSecond) {
      throw new EventApiFailure("LimitExceededError", "Rate limit exceeded", 429);
    }
  }
}

function parsed(text: string): ClientMessage | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

function idOf(id: unknown): string {
  if (typeof id === "string" && ID.test(id)) return id;
  throw badRequest("id: 1 to 128 characters of A-Z a-z 0-9 _ + - are needed");
}

function errorsOf({ errorType, message }: EventApiFailure): readonly object[] {
  return [{ errorType, message }];
}
