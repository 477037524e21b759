import type { PublishingConnection } from "../../../../src/client/iot-core/mqtt/connection.ts";
import { connectMqtt } from "../../../../src/client/iot-core/mqtt/connectMqtt.ts";

/** A socket whose other side is the test. */
export class ScriptedSocket {
  static last: ScriptedSocket;
  readonly sent: number[][] = [];
  readonly #listeners = new Map<string, (event: object) => void>();
  readyState = 1;
  isClosed = false;

  constructor() {
    ScriptedSocket.last = this;
  }

  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.set(type, listener);
  }

  send(bytes: Uint8Array): void {
    this.sent.push([...bytes]);
  }

  close(): void {
    this.isClosed = true;
  }

  dispatch(type: string, event: object = {}): void {
    this.#listeners.get(type)?.(event);
  }

  receive(...bytes: readonly number[]): void {
    this.dispatch("message", { data: Uint8Array.from(bytes).buffer });
  }
}

/** Our client, whose broker is the test. */
export function connect(protocolVersion: 4 | 5): {
  readonly socket: ScriptedSocket;
  readonly connecting: Promise<PublishingConnection>;
  readonly received: string[];
  readonly closed: Error[];
} {
  const received: string[] = [];
  const closed: Error[] = [];
  const connecting = connectMqtt({
    url: "wss://broker",
    WebSocket: ScriptedSocket as never,
    protocolVersion,
    clientId: "c",
    username: "",
    password: "p",
    keepAliveSeconds: 60,
    signal: new AbortController().signal,
    onMessage: (topic, body) => received.push(`${topic}: ${body}`),
    onClose: (error) => closed.push(error),
  });
  const socket = ScriptedSocket.last;
  socket.dispatch("open");
  return { socket, connecting, received, closed };
}
