import { onTestFinished, vi } from "vitest";
import { type ResilientWebSocketOptions, resilientWebSocket } from "../../../src/client/index.ts";

/** A frame as the object that it holds, or text that is no JSON. */
export type Frame = Readonly<Record<string, unknown>> | readonly unknown[] | string;

interface FakeEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** A socket of the platform, whose network is the test. */
export class FakeSocket {
  readonly url: string;
  readonly protocols: string | string[] | undefined;
  readyState = 0;
  binaryType = "blob";
  readonly bufferedAmount = 7;
  readonly extensions = "permessage-deflate";
  readonly protocol = "chat";
  /** What the page has sent. */
  readonly sent: unknown[] = [];
  /** With what the page has closed it. */
  closedWith: readonly unknown[] | undefined;
  readonly #listeners: (readonly [type: string, listener: (event: FakeEvent) => void])[] = [];

  constructor(url: string, protocols?: string | string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  /** The frames that the page has sent, as objects. */
  get frames(): readonly Frame[] {
    return this.sent.map((data) => {
      const text = String(data);
      return /^[[{]/.test(text) ? (JSON.parse(text) as Frame) : text;
    });
  }

  addEventListener(type: string, listener: (event: FakeEvent) => void): void {
    this.#listeners.push([type, listener]);
  }

  send(data: unknown): void {
    if (this.readyState === 0) throw new Error("still connecting");
    if (this.readyState === 1) this.sent.push(data);
  }

  close(...given: readonly unknown[]): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.closedWith = given;
  }

  /** The handshake succeeds. */
  open(): this {
    this.readyState = 1;
    this.emit({ type: "open" });
    return this;
  }

  /** A frame of the server arrives. */
  message(frame: Frame): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.emit({ type: "message", data });
  }

  /** The other side, or the network, has closed it. */
  cut(code = 1006): void {
    this.readyState = 3;
    this.emit({ type: "close", code, reason: "" });
  }

  emit(event: FakeEvent): void {
    for (const [type, listener] of this.#listeners) if (type === event.type) listener(event);
  }
}

/** A platform with a class of sockets, and the class of ours that is made of it. */
export interface Platform {
  /** Those that were made, in this order. */
  readonly sockets: readonly FakeSocket[];
  /** Makes a socket of ours, and gives it with the one below. */
  connect(): Connection;
  readonly WebSocket: ReturnType<typeof resilientWebSocket>;
}

/** A socket of ours with what its client has heard. */
export interface Connection {
  readonly ours: WebSocketOfOurs;
  /** The one that carries it, once it is made. */
  readonly below: FakeSocket;
  /** Frames that the client was given, as objects. */
  readonly received: Frame[];
  /** Types of the events that the client was given, without those of messages. */
  readonly events: string[];
  /** The client sends a frame. */
  send(frame: Frame): void;
}

/** The part of WebSocket that clients use. */
export interface WebSocketOfOurs extends FakeSocket {
  onopen: ((event: FakeEvent) => void) | null;
  onmessage: ((event: FakeEvent) => void) | null;
  removeEventListener(type: string, listener: (event: FakeEvent) => void): void;
  dispatchEvent(event: FakeEvent): boolean;
  addEventListener(
    type: string,
    listener: ((event: FakeEvent) => void) | { handleEvent(event: FakeEvent): void } | null,
    options?: object | boolean,
  ): void;
}

/** Makes a platform. The clock stands still, and chance always says 1/2. */
export function createPlatform(
  options: Omit<ResilientWebSocketOptions, "WebSocket"> = {},
): Platform {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const sockets: FakeSocket[] = [];
  class Recorded extends FakeSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const WebSocket = resilientWebSocket({ ...options, WebSocket: Recorded });
  const connect = (): Connection => {
    const index = sockets.length;
    const ours = new WebSocket("wss://api/stage") as unknown as WebSocketOfOurs;
    const received: Frame[] = [];
    const events: string[] = [];
    ours.addEventListener("message", ({ data }) => received.push(parse(data)));
    for (const type of ["open", "error", "close"]) {
      ours.addEventListener(type, () => events.push(type));
    }
    return {
      ours,
      get below() {
        const socket = sockets[index];
        if (socket === undefined) throw new Error("it was not made yet");
        return socket;
      },
      received,
      events,
      send: (frame) => ours.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    };
  };
  return { sockets, connect, WebSocket };
}

function parse(data: unknown): Frame {
  const text = String(data);
  return text.startsWith("{") ? JSON.parse(text) : text;
}
