import { once } from "node:events";
import { onTestFinished } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import {
  type Gateway,
  type GatewayObservation,
  type GatewayOptions,
  startGateway,
} from "../../src/local/index.ts";

/** Starts a gateway that stops with the test. */
export async function testGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.stop());
  return gateway;
}

export interface ClientRequest extends ClientOptions {
  readonly subprotocols?: readonly string[];
}

/** A WebSocket client whose messages are awaited one by one. */
export class TestClient {
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #messages: string[] = [];
  readonly #waiting: ((message: string) => void)[] = [];

  constructor(url: string, { subprotocols = [], ...options }: ClientRequest = {}) {
    this.socket = new WebSocket(url, [...subprotocols], options);
    this.socket.on("message", (data, isBinary) => {
      const message = isBinary ? `binary:${data.toString()}` : data.toString();
      const next = this.#waiting.shift();
      if (next === undefined) this.#messages.push(message);
      else next(message);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async open(url: string, options?: ClientRequest): Promise<TestClient> {
    const client = new TestClient(url, options);
    await once(client.socket, "open");
    return client;
  }

  next(): Promise<string> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** The HTTP status a handshake is refused with; rejects when it is accepted. */
export function refusal(url: string, options: ClientRequest = {}): Promise<number> {
  const { socket } = new TestClient(url, options);
  return new Promise((resolve, reject) => {
    socket.on("unexpected-response", (request, response) => {
      response.resume();
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("open", () => reject(new Error("the handshake was accepted")));
    socket.on("error", reject);
  });
}

/** Collects observations, and awaits the next one of a type. */
export class Observer {
  readonly all: GatewayObservation[] = [];
  readonly #waiting: ((observation: GatewayObservation) => void)[] = [];

  readonly onEvent = (observation: GatewayObservation): void => {
    this.all.push(observation);
    for (const notify of [...this.#waiting]) notify(observation);
  };

  ofType<TType extends GatewayObservation["type"]>(
    type: TType,
  ): Extract<GatewayObservation, { type: TType }>[] {
    return this.all.filter(
      (observation): observation is Extract<GatewayObservation, { type: TType }> =>
        observation.type === type,
    );
  }

  /** The first one of a type, past or future. */
  first<TType extends GatewayObservation["type"]>(
    type: TType,
  ): Promise<Extract<GatewayObservation, { type: TType }>> {
    return new Promise((resolve) => {
      const check = (): void => {
        const [found] = this.ofType(type);
        if (found === undefined) return;
        const index = this.#waiting.indexOf(check);
        if (index >= 0) this.#waiting.splice(index, 1);
        resolve(found);
      };
      this.#waiting.push(check);
      check();
    });
  }
}

/** A promise to be resolved from outside, and a way to await that. */
export interface Gate<TValue = void> {
  readonly opened: Promise<TValue>;
  open(value: TValue): void;
}

export function gate<TValue = void>(): Gate<TValue> {
  let open: (value: TValue) => void = () => undefined;
  const opened = new Promise<TValue>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export const accept = (): Promise<{ statusCode: number }> => Promise.resolve({ statusCode: 200 });
