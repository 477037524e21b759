import { once } from "node:events";
import { initTRPC, type TrackedEnvelope } from "@trpc/server";
import superjson from "superjson";
import { preset, type ResilientWebSocketOptions } from "trpc-aws-subscriptions/client";
import { onTestFinished, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Frame } from "../../unit/client/platform.ts";
import {
  type ClientVersion,
  type StockClient,
  type StockClientOptions,
  stockClient,
} from "../client.ts";

const t = initTRPC.create();
const events = t.procedure
  .input((input: unknown) => input as { readonly room: string })
  .subscription(async function* (): AsyncGenerator<TrackedEnvelope<number>> {});
const router = t.router({
  onMessage: events,
  echo: t.procedure.input((input: unknown) => String(input)).query(({ input }) => input),
});

/** What the clients of these tests call. Nobody runs it: the server is the test. */
export type ScriptedRouter = typeof router;

/** A message of a client. */
export interface Message {
  readonly id: number;
  readonly method: string;
  readonly params?: {
    readonly path: string;
    readonly input?: { readonly room?: string };
    readonly lastEventId?: string;
  };
}

/** The server's end of a socket. */
export class ServerSocket {
  readonly url: string;
  /** Text of all frames that have arrived but `PING`. */
  readonly frames: string[] = [];
  readonly closed: Promise<undefined>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #taken = 0;
  #pings = 0;

  constructor(socket: WebSocket, url: string) {
    this.#socket = socket;
    this.url = url;
    this.closed = once(socket, "close").then(() => undefined);
    socket.on("message", (data) => {
      const text = String(data);
      if (text === "PING") {
        this.#pings++;
        socket.send("PONG");
      } else this.frames.push(text);
      for (const wake of this.#waiting) wake();
    });
  }

  /** The next messages, of one frame or several. */
  async messages(count: number): Promise<readonly Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(...[await this.#nextFrame()].flat());
    return messages;
  }

  /** The next message. */
  async message(): Promise<Message> {
    const [message] = await this.messages(1);
    if (message === undefined) throw new Error("no message");
    return message;
  }

  /** The next message like this. */
  async find(isLike: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = (await this.messages(1)).find(isLike);
      if (found !== undefined) return found;
    }
  }

  /** Resolves once this many `PING`s have arrived. */
  async pinged(count: number): Promise<void> {
    while (this.#pings < count) await this.#something();
  }

  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.#socket.send(JSON.stringify(frame));
  }

  /** Cuts it as a network does. */
  cut(): void {
    this.#socket.terminate();
  }

  async #nextFrame(): Promise<Message | readonly Message[]> {
    while (this.frames.length === this.#taken) await this.#something();
    return JSON.parse(this.frames[this.#taken++] ?? "");
  }

  #something(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }
}

/** A message, and the socket on which it arrived. */
export interface Sent {
  readonly message: Message;
  readonly socket: ServerSocket;
}

/** A server that does what the test says, and whoever connects to it. */
export interface ScriptedServer {
  /** All sockets there were. */
  readonly sockets: readonly ServerSocket[];
  /** The n-th socket, once it is there; the first is 0. */
  socket(n: number): Promise<ServerSocket>;
  /** The first message like this, on the n-th socket or, once that is closed, one after it. */
  sent(n: number, isLike: (message: Message) => boolean): Promise<Sent>;
  /** A stock client with the client file. */
  client(version: ClientVersion, options?: ClientOptions): StockClient<ScriptedRouter>;
}

interface ClientOptions extends Omit<Partial<StockClientOptions>, "WebSocket"> {
  readonly file?: ResilientWebSocketOptions;
}

/** Starts a server for one test. */
export async function scriptedServer(): Promise<ScriptedServer> {
  // No pauses: how long they are is tested with a clock that stands still.
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const sockets: ServerSocket[] = [];
  const waiting = new Set<() => void>();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket, { url = "" }) => {
    sockets.push(new ServerSocket(socket, url));
    for (const wake of waiting) wake();
  });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const socketOf = async (n: number): Promise<ServerSocket> => {
    for (let socket = sockets[n]; ; socket = sockets[n]) {
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
    }
  };
  return {
    sockets,
    socket: socketOf,
    async sent(from, isLike) {
      for (let n = from; ; n++) {
        const socket = await socketOf(n);
        const found = await Promise.race([socket.find(isLike), socket.closed]);
        if (found !== undefined) return { message: found, socket };
      }
    },
    client(version, { file, ...options } = {}) {
      const ours = preset({ WebSocket, ...file });
      const quick = { retryDelayMs: () => 0 };
      const client = stockClient<ScriptedRouter>({
        url,
        version,
        ...ours,
        ...quick,
        ...options,
      } as never);
      onTestFinished(() => client.close());
      return client;
    },
  };
}

/** The n-th event for a request, as superjson would write it. */
export function superjsonEvent(id: number, cursor: string, data: unknown): Frame {
  return {
    id,
    result: { type: "data", id: cursor, data: superjson.serialize({ id: cursor, data }) },
  };
}
