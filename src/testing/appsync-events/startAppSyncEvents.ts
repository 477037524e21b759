import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { SubscriptionsError } from "../../errors.ts";
import { TaskSet } from "../../gateway/taskSet.ts";
import { Authorization } from "./authorize.ts";
import { Listeners } from "./broadcast.ts";
import {
  type AppSyncEventsOptions,
  type AppSyncEventsSettings,
  appSyncEventsSettings,
} from "./options.ts";
import { Namespaces } from "./publish.ts";
import { PublishEndpoint } from "./publishEndpoint.ts";
import type { RealtimeEndpoint } from "./realtimeEndpoint.ts";

/** A running emulator of an AppSync Event API. */
export interface AppSyncEventsEmulator {
  /** For publishers, for example `http://127.0.0.1:41234/event`. */
  readonly url: string;
  /** For clients, for example `ws://127.0.0.1:41234/event/realtime`. */
  readonly realtimeUrl: string;
  /** What clients write as `host` into their authorization. */
  readonly host: string;
  /** Ids of the sockets that are open, oldest first. */
  connectionIds(): readonly string[];
  /** Subscriptions of all sockets together, those under way included. */
  subscriptionCount(): number;
  /** Closes all sockets that are open now, as the service does; resolves when they are. @param code - 1001 by default */
  closeConnections(code?: number): Promise<void>;
  /** Cuts all sockets that are open now without a close frame, as a lost network does. */
  dropConnections(): Promise<void>;
  /** Resolves when no message of a client that has arrived is under way. */
  settled(): Promise<void>;
  /** Cuts every socket, waits for what is under way, and frees the port. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts an emulator of an AppSync Event API for development and tests: `POST /event`, the realtime endpoint, API keys,
 * IAM signatures, the Lambda authorizer, handlers of namespaces, and the quotas of a connection and of a publish. It has no
 * quotas of an account, no Cognito and no OpenID Connect. Where AWS does not document how a client is refused, it does what
 * AWS's own clients expect. Needs the peer dependency `ws`.
 *
 * @example
 * ```ts
 * const api = await startAppSyncEvents({
 *   namespaces: { myapp: {} },
 *   apiKeys: ["da2-local"],
 *   authorizer: chain.authorizer(),
 * });
 * ```
 * @throws {@link SubscriptionsError} `LOCAL` when the port cannot be taken
 */
export async function startAppSyncEvents(
  options: AppSyncEventsOptions,
): Promise<AppSyncEventsEmulator> {
  const settings = appSyncEventsSettings(options);
  const { RealtimeEndpoint } = await import("./realtimeEndpoint.ts");
  const authorization = new Authorization(settings);
  const listeners = new Listeners();
  const namespaces = new Namespaces(settings, listeners);
  const tasks = new TaskSet();
  const realtime = new RealtimeEndpoint({ settings, authorization, namespaces, listeners, tasks });
  const publishing = new PublishEndpoint(settings, authorization, namespaces);
  const server = serverOf(settings);
  server.on("request", (request, response) => {
    tasks.run(() => publishing.handle(request, response));
  });
  server.on("upgrade", (request, stream, head) => {
    tasks.run(() => realtime.upgrade({ request, stream, head }));
  });
  const host = await listen(server, settings);
  const secure = settings.tls === undefined ? "" : "s";
  return {
    url: `http${secure}://${host}/event`,
    realtimeUrl: `ws${secure}://${host}/event/realtime`,
    host,
    ...controls(server, realtime, tasks),
  };
}

function controls(
  server: Server,
  realtime: RealtimeEndpoint,
  tasks: TaskSet,
): Omit<AppSyncEventsEmulator, "url" | "realtimeUrl" | "host"> {
  const endAll = async (end: "close" | "terminate", code = 1001): Promise<void> => {
    const open = [...realtime.connections.values()];
    for (const connection of open) connection[end](code);
    await Promise.all(open.map(({ closed }) => closed));
  };
  const stopped = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    connectionIds: () => [...realtime.connections.keys()],
    subscriptionCount: () =>
      [...realtime.connections.values()].reduce((sum, { subscriptions }) => sum + subscriptions, 0),
    closeConnections: (code) => endAll("close", code),
    dropConnections: () => endAll("terminate"),
    settled: () => tasks.settled(),
    stop: async () => {
      await Promise.all([endAll("terminate"), stopped()]);
      await tasks.settled();
      await endAll("terminate");
    },
  };
}

function serverOf({ tls }: AppSyncEventsSettings): Server {
  return tls === undefined ? createHttpServer() : createHttpsServer({ ...tls });
}

async function listen(
  server: Server,
  { host, port, tls }: Pick<AppSyncEventsSettings, "host" | "port" | "tls">,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new SubscriptionsError("LOCAL", `cannot listen on ${host}:${port}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  // Certificates are for names.
  return `${tls === undefined ? host : "localhost"}:${taken}`;
}
