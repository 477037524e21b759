import { WebSocket } from "ws";

/** A subscription as clients ask for it. */
interface SubscriptionFrame {
  readonly id: number;
  readonly method: "subscription" | "subscription.stop" | "connectionParams";
  readonly params?: { readonly input: { readonly topic: string } };
}

/** What a server may tell a client. */
interface ServerFrame {
  readonly id?: number;
  readonly result?: { readonly type: "started" | "stopped" | "data"; readonly data?: unknown };
  readonly error?: unknown;
}

/** What passes a client's socket. */
export interface SocketLog {
  opened(socket: WebSocket, url: URL): void;
  subscribed(socket: WebSocket, id: number, topic: string): void;
  stopped(socket: WebSocket, id: number): void;
  received(socket: WebSocket, id: number, result: NonNullable<ServerFrame["result"]>): void;
  /** With the text of the frame. */
  failed(socket: WebSocket, id: number | undefined, frame: string): void;
  closing(socket: WebSocket): void;
  closed(socket: WebSocket): void;
}

/** A socket for tRPC's client that tells what passes it, before the client hears of it. */
export function loggedSocket(log: SocketLog): new (url: string) => WebSocket {
  return class extends WebSocket {
    constructor(url: string) {
      super(url);
      log.opened(this, new URL(url));
      this.on("message", (data) => this.#read(data.toString()));
      this.on("close", () => log.closed(this));
    }

    override send(data: string): void {
      if (data.startsWith("{") || data.startsWith("[")) {
        for (const frame of [JSON.parse(data)].flat()) this.#write(frame);
      }
      super.send(data);
    }

    override close(code?: number, reason?: string): void {
      log.closing(this);
      super.close(code, reason);
    }

    override terminate(): void {
      log.closing(this);
      super.terminate();
    }

    #write({ id, method, params }: SubscriptionFrame): void {
      if (method === "subscription") log.subscribed(this, id, params?.input.topic ?? "");
      if (method === "subscription.stop") log.stopped(this, id);
    }

    #read(text: string): void {
      if (!text.startsWith("{")) return;
      const { id, result }: ServerFrame = JSON.parse(text);
      if (id !== undefined && result !== undefined) log.received(this, id, result);
      else log.failed(this, id, text);
    }
  };
}
