import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { createTRPCClient, httpBatchLink, type TRPCLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import { type GrantRequest, initSubscriptions } from "trpc-aws-subscriptions";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { iotLink } from "trpc-aws-subscriptions/client/iot-core";
import { iot } from "trpc-aws-subscriptions/iot-core";
import {
  type MemoryBroker,
  type MemoryStore,
  memory,
  memoryBroker,
  startAppSyncEvents,
  startIotCore,
} from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import type { BroadcastLink } from "../../../src/client/broadcast/options.ts";
import { served, userOf } from "../../httpServer.ts";

/** Who asks. */
export interface Context {
  readonly userId: string | undefined;
}

export const t = initTRPC.context<Context>().create({ transformer: superjson });
const subscriptions = initSubscriptions();
const { resolver } = subscriptions;

/** Users who may not subscribe any more. */
export const lockedOut = new Set<string>();

const member = t.procedure.use(({ ctx: { userId }, next }) => {
  if (userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  if (lockedOut.has(userId)) throw new TRPCError({ code: "FORBIDDEN" });
  return next({ ctx: { userId } });
});
const inRoom = z.object({ room: z.string(), lastEventId: z.string().nullish() });

/** What is published. */
export interface Tick {
  readonly n: number;
  readonly at: Date;
}

/** What clients are given. */
export interface Given {
  readonly id: string;
  readonly data: Tick;
}

/** A route with history, one that keeps little, one without. */
export const router = t.router({
  feed: member.input(inRoom).subscription(resolver<Tick>({ history: { ttlSeconds: 600 } })),
  short: member
    .input(inRoom)
    .subscription(resolver(z.object({ n: z.number() }), { history: { maxEvents: 5 } })),
  plain: member.subscription(resolver<number>()),
});
export type Router = typeof router;

/** The chain without its engine. */
export const filtered = subscriptions
  .router({ router })
  .routes.feed.filter(
    { name: "mine", ctx: { userId: true } },
    { name: "room", input: { room: true } },
  );

/** 32 bytes that nobody knows but these tests. */
const secret = "0123456789abcdef0123456789abcdef";
const link = { transformer: superjson, overlapMs: 50, backOffMs: [20] } as const;

/** How to begin with one engine. */
type Start = (store: MemoryStore) => Promise<Parts>;

type Link = BroadcastLink<Router>;

interface Parts {
  readonly chain: ReturnType<typeof onMemory>;
  readonly publisher: Publisher;
  readonly linkTo: (http: TRPCLink<Router>) => Promise<Link>;
  /** Ends all connections, as a network does. */
  drop(): Promise<void> | void;
}

const onMemory = (store: MemoryStore) => filtered.engine(memoryBroker({ store }).engine);
type Publisher = ReturnType<ReturnType<typeof onMemory>["publisher"]>;

/** A broker in memory, which may be set down; `latencyMs` is that of one way. */
export const memoryEngine =
  (latencyMs: number, onBroker?: (broker: MemoryBroker<true>) => void): Start =>
  async (store) => {
    const broker = memoryBroker({ store, latencyMs });
    onBroker?.(broker);
    const chain = filtered.engine(broker.engine);
    return {
      chain,
      publisher: chain.publisher(),
      linkTo: (http) => broker.link<Router>({ http, ...link }),
      drop: () => broker.drop(),
    };
  };

const iotEngine =
  (authorization: "capability" | "exact"): Start =>
  async (store) => {
    const chainAt = (url?: string) =>
      filtered.engine(
        iot({
          prefix: ["test"],
          secret,
          store,
          authorizer: "own",
          authorization,
          ...(url !== undefined && { url }),
        }),
      );
    const clients = new Set<string>();
    const iotCore = await startIotCore({
      authorizers: { own: chainAt().authorizer() },
      onEvent(event) {
        if (event.type === "connected") clients.add(event.clientId);
        if (event.type === "disconnected") clients.delete(event.clientId);
      },
    });
    const client = new IoTDataPlaneClient(iotCore.clientConfig);
    onTestFinished(async () => {
      client.destroy();
      await iotCore.stop();
    });
    const chain = chainAt(iotCore.url);
    return {
      chain: chain as never,
      publisher: chain.publisher({ client }),
      linkTo: async (http) => iotLink<Router>({ http, WebSocket: WebSocket as never, ...link }),
      drop() {
        for (const clientId of [...clients]) iotCore.dropConnection(clientId);
      },
    };
  };

export const engines: Readonly<Record<"memory" | "iot" | "exactIot" | "appsync", Start>> = {
  memory: memoryEngine(2),
  iot: iotEngine("capability"),
  exactIot: iotEngine("exact"),
  async appsync(store) {
    const chain = filtered.engine(appsync({ namespace: "test", secret, store }));
    const api = await startAppSyncEvents({
      namespaces: { test: {} },
      apiKeys: ["da2-local"],
      authorizer: chain.authorizer(),
      connectAuthModes: ["AWS_LAMBDA"],
      subscribeAuthModes: ["AWS_LAMBDA"],
    });
    onTestFinished(() => api.stop());
    return {
      chain: chain as never,
      publisher: chain.publisher({ url: api.url, apiKey: "da2-local" }),
      linkTo: async (http) => appsyncLink<Router>({ http, url: api.url, WebSocket, ...link }),
      drop: () => api.dropConnections(),
    };
  },
};

/** An engine with a store, an HTTP server with the grants, and clients. All of it ends with the test. */
export async function createWorld(start: Start = engines.memory) {
  lockedOut.clear();
  const store = memory();
  const parts = await start(store);
  const links: Link[] = [];
  const grants: GrantRequest[] = [];
  const signedIn = new Map<string, string>();
  const gate: { before?: (request: GrantRequest) => Promise<void> } = {};
  const server = createHTTPServer({
    router: t.mergeRouters(router, parts.chain.grantRouter(t)),
    createContext: async ({ req, info }): Promise<Context> => {
      const request = (await info.calls[0]?.getRawInput()) as GrantRequest;
      grants.push(request);
      await gate.before?.(request);
      const { userId } = userOf(req);
      return { userId: signedIn.get(userId ?? "") ?? userId };
    },
  });
  const url = await served(server);
  return {
    ...parts,
    store,
    /** Requests for grants, the first one of each batch. */
    grants,
    /** Of the clients, in their order. */
    links,
    /** Waits before a request is answered. */
    gate,
    /** Who the requests of a user are from by now. */
    signedIn,
    async client(userId: string) {
      const http = httpBatchLink<Router>({
        url,
        transformer: superjson,
        headers: { "x-user": userId },
      });
      const own = await parts.linkTo(http);
      onTestFinished(() => own.close());
      links.push(own);
      return createTRPCClient<Router>({ links: [own] });
    },
    /** What a user's request for a grant is answered with. */
    async ask(userId: string, request: object): Promise<AskAnswer> {
      const response = await fetch(`${url}/subscriptionGrant`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-user": userId },
        body: JSON.stringify(superjson.serialize(request)),
      });
      return (await response.json()) as AskAnswer;
    },
  };
}

/** As it is on the wire. */
export interface AskAnswer {
  readonly result?: {
    readonly data: {
      readonly json: {
        readonly history?: {
          readonly cursor: string;
          readonly missed?: readonly string[];
          readonly gap?: string;
        };
      };
    };
  };
  readonly error?: { readonly json: { readonly message: string; readonly data: { code: string } } };
}
