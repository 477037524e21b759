import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { GoneException } from "@aws-sdk/client-apigatewaymanagementapi";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketHandler,
  WebSocketMessageEvent,
} from "trpc-aws-subscriptions";
import { connectEvent, disconnectEvent, messageEvent } from "../../../src/testing/events.ts";
import { ProcessDiedError } from "./mortalProcess.ts";
import type { Steps } from "./steps.ts";

/** The handlers of one deployed version. */
export interface Handlers {
  readonly connect: WebSocketHandler<WebSocketConnectEvent>;
  readonly disconnect: WebSocketHandler<WebSocketDisconnectEvent>;
  readonly handler: WebSocketHandler<WebSocketMessageEvent>;
}

/** The client's end of a socket. */
export interface Socket {
  readonly connectionId: string;
  onFrame(text: string): void;
  /** It is closed, by whichever end. */
  onClose?(): void;
  /** `$disconnect` and all frames have been handled to their end. */
  onReleased?(): void;
}

/** A frame that a process posts. */
export interface Post {
  readonly connectionId: string;
  readonly frame: string;
  /** Otherwise it is answered with 410. */
  readonly isOpen: boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly connectedAt: number;
  isOpen: boolean;
  running: number;
  isDisconnected: boolean;
}

/** An event that the gateway hands to a handler, as often as it likes. */
interface Invocation {
  readonly what: string;
  readonly invoke: () => Promise<unknown>;
}

/**
 * API Gateway in memory: an invocation for each frame, none waiting for another; posts that reach open sockets at once
 * and closed ones never.
 */
export class SimulatedGateway {
  readonly #connections = new Map<string, Connection>();
  readonly #steps: Steps;
  /** Invocations that have not returned. */
  running = 0;
  /** Status codes other than 200, with the event they answered. */
  readonly failures: string[] = [];
  /** Invocations of one event. */
  copies = 1;
  /** Told of every post. */
  onPost: (post: Post) => void = () => undefined;
  /** Whether a post is answered with 500, and not made. */
  fails: (post: Post) => boolean = () => false;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Keeps the connections that there are. @returns puts them back */
  remember(): () => void {
    const all = [...this.#connections].map(([id, connection]) => [id, { ...connection }] as const);
    return () => {
      this.#connections.clear();
      for (const [id, connection] of all) this.#connections.set(id, { ...connection });
      this.failures.length = 0;
      this.copies = 1;
      this.fails = () => false;
    };
  }

  isOpen(connectionId: string): boolean {
    return this.#connections.get(connectionId)?.isOpen === true;
  }

  /** @returns whether the handshake succeeded */
  async open(handlers: Handlers, socket: Socket, query?: Record<string, string>): Promise<boolean> {
    const { connectionId } = socket;
    const connectedAt = Date.now();
    const event = connectEvent({
      connectionId,
      requestContext: { connectedAt, requestTimeEpoch: connectedAt },
      ...(query !== undefined && { query }),
    });
    const isAccepted = await this.#accepts(handlers.connect(event));
    const state = { isOpen: true, running: 0, isDisconnected: false };
    if (isAccepted) this.#connections.set(connectionId, { socket, connectedAt, ...state });
    return isAccepted;
  }

  /** Frames of a connection that are being handled. */
  runningOn(connectionId: string): number {
    return this.#connections.get(connectionId)?.running ?? 0;
  }

  /** Takes a frame of a client. */
  receive(handlers: Handlers, connectionId: string, frame: unknown): void {
    const connection = this.#connections.get(connectionId);
    if (connection?.isOpen !== true) return;
    const { connectedAt } = connection;
    const event = messageEvent(frame, {
      connectionId,
      requestContext: { connectedAt, requestTimeEpoch: Date.now() },
    });
    const what = `frame ${JSON.stringify(frame)}`;
    this.#invoke(connection, { what, invoke: () => handlers.handler(event) });
  }

  /** Closes a socket; `$disconnect` follows unless it is lost. */
  close(handlers: Handlers, connectionId: string, isLost = false): void {
    const connection = this.#connections.get(connectionId);
    if (connection?.isOpen !== true) return;
    connection.isOpen = false;
    connection.socket.onClose?.();
    if (!isLost) this.disconnect(handlers, connectionId);
  }

  /** Sends `$disconnect` of a closed connection, however late. */
  disconnect(handlers: Handlers, connectionId: string): void {
    const connection = this.#connections.get(connectionId);
    if (connection === undefined || connection.isOpen) return;
    const { connectedAt } = connection;
    const event = disconnectEvent({
      connectionId,
      requestContext: { connectedAt, requestTimeEpoch: Date.now() },
    });
    const invoke = (): Promise<unknown> => handlers.disconnect(event);
    this.#invoke(connection, { what: "$disconnect", invoke });
  }

  /** The management API, as a process calls it. */
  client(handlers: () => Handlers): ApiGatewayManagementApiClient {
    const send = async ({ input, constructor: { name } }: Call): Promise<object> => {
      const { ConnectionId: connectionId, Data: frame } = input;
      await this.#steps.take(`${name} ${frame ?? ""} arrives`);
      const connection = this.#connections.get(connectionId);
      const isOpen = connection?.isOpen === true;
      const post = frame !== undefined && { connectionId, frame, isOpen };
      if (post !== false) this.onPost(post);
      const isFailed = post !== false && isOpen && this.fails(post);
      if (isOpen && post !== false && !isFailed) connection.socket.onFrame(post.frame);
      if (isOpen && post === false) this.close(handlers(), connectionId);
      await this.#steps.take(`${name} is answered`);
      if (isFailed) throw failed();
      if (isOpen) return {};
      throw new GoneException({
        message: "gone",
        $metadata: { httpStatusCode: 410 },
      });
    };
    return { send } as unknown as ApiGatewayManagementApiClient;
  }

  async #accepts(answer: Promise<{ readonly statusCode: number }>): Promise<boolean> {
    try {
      return (await answer).statusCode === 200;
    } catch (error) {
      if (error instanceof ProcessDiedError) return false;
      throw error;
    }
  }

  #invoke(connection: Connection, invocation: Invocation): void {
    for (let copy = 0; copy < this.copies; copy++) {
      this.running++;
      connection.running++;
      void this.#run(connection, invocation);
    }
  }

  async #run(connection: Connection, { what, invoke }: Invocation): Promise<void> {
    const isDisconnect = what === "$disconnect";
    try {
      const result = (await invoke()) as { readonly statusCode: number };
      if (result.statusCode !== 200) this.failures.push(`${what}: ${result.statusCode}`);
      if (isDisconnect) connection.isDisconnected = true;
    } catch (error) {
      if (!(error instanceof ProcessDiedError)) this.failures.push(`${what}: ${String(error)}`);
      // Nobody tries it again. The client is told in words that tRPC's does not know.
      else if (connection.isOpen) connection.socket.onFrame(internalServerError(connection));
    } finally {
      this.running--;
      connection.running--;
      if (connection.isDisconnected && connection.running === 0) connection.socket.onReleased?.();
    }
  }
}

function internalServerError({ socket: { connectionId } }: Connection): string {
  return JSON.stringify({ message: "Internal server error", connectionId, requestId: "request" });
}

function failed(): Error {
  return Object.assign(new Error("failed"), { $metadata: { httpStatusCode: 500 } });
}

interface Call {
  readonly input: { readonly ConnectionId: string; readonly Data?: string };
  readonly constructor: { readonly name: string };
}
