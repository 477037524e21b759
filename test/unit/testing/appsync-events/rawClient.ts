import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import {
  type AppSyncEventsEmulator,
  type AppSyncEventsOptions,
  startAppSyncEvents,
} from "../../../../src/testing/index.ts";

export const API_KEY = "da2-local";

/** Starts an emulator that stops with the test. */
export async function testApi(
  options: Partial<AppSyncEventsOptions> = {},
): Promise<AppSyncEventsEmulator> {
  const api = await startAppSyncEvents({
    namespaces: { default: {} },
    apiKeys: [API_KEY],
    ...options,
  });
  onTestFinished(() => api.stop());
  return api;
}

export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly event?: string;
  readonly errors?: readonly { readonly errorType: string; readonly message: string }[];
  readonly connectionTimeoutMs?: number;
  readonly successful?: readonly unknown[];
}

/** A client of the realtime endpoint that knows the protocol's frames and nothing else. */
export class RawClient {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #frames: Frame[] = [];
  #look = (): void => undefined;

  constructor(url: string, subprotocols: readonly string[]) {
    this.socket = new WebSocket(url, [...subprotocols]);
    this.socket.on("message", (data) => {
      this.#frames.push(JSON.parse(data.toString()) as Frame);
      this.#look();
    });
    this.closed = once(this.socket, "close").then(([code]) => code as number);
    onTestFinished(() => this.socket.terminate());
  }

  static async open(
    api: AppSyncEventsEmulator,
    authorization: object = { "x-api-key": API_KEY, host: api.host },
  ): Promise<RawClient> {
    const client = new RawClient(api.realtimeUrl, subprotocolsOf(authorization));
    await once(client.socket, "open");
    return client;
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The next frame that matches, which is taken; others stay. */
  async next(expected: Partial<Frame>): Promise<Frame> {
    const names = Object.keys(expected) as (keyof Frame)[];
    for (;;) {
      const index = this.#frames.findIndex((frame) =>
        names.every((name) => frame[name] === expected[name]),
      );
      const [frame] = index < 0 ? [] : this.#frames.splice(index, 1);
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** Subscribes, and gives the answer. */
  async subscribe(id: string, channel: string, authorization: object): Promise<Frame> {
    this.send({ type: "subscribe", id, channel, authorization });
    return this.next({ id });
  }
}

export function headerSubprotocol(authorization: object): string {
  return `header-${Buffer.from(JSON.stringify(authorization)).toString("base64url")}`;
}

function subprotocolsOf(authorization: object): readonly string[] {
  return ["aws-appsync-event-ws", headerSubprotocol(authorization)];
}

/** `POST /event`. */
export async function post(
  api: AppSyncEventsEmulator,
  body: unknown,
  headers: Readonly<Record<string, string>> = { "x-api-key": API_KEY },
): Promise<{ readonly status: number; readonly body: PublishBody }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(api.url, { method: "POST", headers, body: text });
  return { status: response.status, body: (await response.json()) as PublishBody };
}

export interface PublishBody {
  readonly successful: readonly { readonly index: number }[];
  readonly failed: readonly { readonly index: number; readonly message?: string }[];
  readonly errors?: Frame["errors"];
}

/** A promise to be resolved from outside. */
export function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
