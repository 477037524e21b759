import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { SubscriptionsError } from "../../errors.ts";
import { TaskSet } from "../../gateway/taskSet.ts";
import { Broker } from "./broker.ts";
import { DataPlane } from "./dataPlane.ts";
import { Handshake } from "./handshake.ts";
import type { IotCoreSettings } from "./options.ts";
import { Rules } from "./rules.ts";

/** Above the keep-alive of the AWS SDK's agent, so that it never posts into a connection that is being closed. */
const KEEP_ALIVE_MS = 60_000;

/** The emulator on its port: the broker on WebSockets, the data plane by HTTP. */
export class IotCoreServer {
  readonly tasks: TaskSet = new TaskSet();
  readonly broker: Broker;
  readonly #settings: IotCoreSettings;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  constructor(settings: IotCoreSettings) {
    this.#settings = settings;
    this.broker = new Broker(settings, new Rules(settings, this.tasks), this.tasks);
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => offered.has("mqtt") && "mqtt",
    });
    const dataPlane = new DataPlane(this.broker);
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.tasks.run(() => dataPlane.handle(request, response));
    });
    this.#server.on("upgrade", (request, stream, head) => {
      if (!/^\/mqtt(\?|$)/.test(request.url ?? "")) stream.destroy();
      else
        this.#sockets.handleUpgrade(request, stream, head, (socket) =>
          this.#opened(socket, request),
        );
    });
  }

  /** Resolves with the `host:port` to use. */
  async listen(): Promise<string> {
    const { host, port } = this.#settings;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) =>
        reject(new SubscriptionsError("LOCAL", `cannot listen on ${host}:${port}`, { cause })),
      );
      this.#server.listen({ host, port }, resolve);
    });
    return `${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(clientId: string): void {
    const session = this.broker.sessions.get(clientId);
    if (session === undefined) {
      throw new SubscriptionsError("LOCAL", `there is no client "${clientId}"`);
    }
    session.cut();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    await this.tasks.settled();
  }

  #opened(socket: WebSocket, request: IncomingMessage): void {
    const handshake = new Handshake(this.broker, socket, request);
    // What breaks a socket is followed by its end.
    socket.on("error", () => undefined);
    socket.on("message", (data) => this.tasks.run(() => handshake.receive(data as Buffer)));
    socket.on("close", () => handshake.closed());
  }
}
