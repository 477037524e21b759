import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import sirv from "sirv";
import { WebSocketServer } from "ws";
import { authenticate } from "../src/app.ts";
import type { AppRouter } from "../src/router.ts";
import type { InspectorRouter } from "./inspectorRouter.ts";

const HOST = "127.0.0.1";

/** What the page asks for first. */
export interface PageConfig {
  /** Of the WebSocket API. */
  readonly webSocketUrl: string;
}

export interface Served {
  readonly router: AppRouter;
  readonly inspector: InspectorRouter;
  readonly pageFolder: string;
  readonly config: PageConfig;
}

/** The HTTP server of the demo. */
export interface DemoServer {
  readonly origin: string;
  /** What browsers may call that, {@link origin} among them. */
  readonly origins: readonly string[];
  /** Until it is called, requests are answered with 503. */
  serve(served: Served): void;
  stop(): Promise<void>;
}

/** Listens on a port of this machine; 0 takes a free one. */
export async function startServer(port: number): Promise<DemoServer> {
  let handle = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(503).end();
  };
  const server = createServer((request, response) => handle(request, response));
  const origin = await listen(server, port);
  const origins = [origin, origin.replace(HOST, "localhost")];
  const webSockets = new WebSocketServer({ noServer: true });

  return {
    origin,
    origins,
    serve(served) {
      handle = createRequestHandler(served);
      applyWSSHandler({ wss: webSockets, router: served.inspector });
      server.on("upgrade", (request, socket, head) => {
        const isOurs =
          request.url?.startsWith("/inspector") && origins.includes(request.headers.origin ?? "");
        if (!isOurs) {
          socket.destroy();
          return;
        }
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          webSockets.emit("connection", webSocket, request);
        });
      });
    },
    async stop() {
      for (const client of webSockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      resolve(`http://${HOST}:${(server.address() as AddressInfo).port}`);
    });
  });
}

function createRequestHandler({ router, pageFolder, config }: Served) {
  const api = createHTTPHandler({
    router,
    basePath: "/trpc/",
    createContext: ({ req }) => authenticate(req.headers.authorization?.replace(/^Bearer /, "")),
  });
  const page = sirv(pageFolder, { etag: true });
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.startsWith("/trpc/")) {
      api(request, response);
    } else if (request.url === "/config.json") {
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(JSON.stringify(config));
    } else {
      page(request, response, () => {
        response.writeHead(404).end("There is no such page.");
      });
    }
  };
}
