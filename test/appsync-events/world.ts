import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { initTRPC, TRPCError, type TrackedEnvelope } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { type AppSyncOptions, appsync } from "trpc-aws-subscriptions/appsync-events";
import {
  type AppSyncLinkSettings,
  appsyncLink,
} from "trpc-aws-subscriptions/client/appsync-events";
import {
  type AppSyncEventsEmulator,
  type AppSyncEventsOptions,
  startAppSyncEvents,
} from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import type { BroadcastLinkSettings } from "../../src/client/broadcast/options.ts";
import { served, userOf } from "../httpServer.ts";

export const SECRET = "0123456789abcdef0123456789abcdef";
const API_KEY = "da2-local";

interface Context {
  readonly userId: string | undefined;
}

const t = initTRPC.context<Context>().create({ transformer: superjson });

const member = t.procedure.use(({ ctx, next }) => {
  if (ctx.userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { userId: ctx.userId } });
});

const subscriptions = initSubscriptions();

const router = t.router({
  chat: t.router({
    onMessage: member
      .input(z.object({ room: z.string(), agent: z.string().optional() }))
      .subscription(subscriptions.resolver<TrackedEnvelope<{ readonly text: string }>>()),
  }),
  ticks: member.subscription(subscriptions.resolver<{ readonly n: number; readonly at: Date }>()),
});

/** A chain on AppSync Events; the publishers, the grant endpoint and the authorizer of one deployment. */
export const chainOn = (options: Partial<AppSyncOptions> = {}) =>
  subscriptions
    .router({ router })
    .routes.chat.onMessage.filter(
      { name: "mine", ctx: { userId: true } },
      { name: "mineInRoom", ctx: { userId: true }, input: { room: true } },
      { name: "room", input: { room: true, agent: "optional" } },
    )
    .engine(appsync({ namespace: "myapp", secret: SECRET, ...options }));

export type Chain = ReturnType<typeof chainOn>;

export interface WorldOptions {
  readonly engine?: Partial<AppSyncOptions>;
  readonly api?: Partial<AppSyncEventsOptions>;
}

type LinkSettings = Partial<
  AppSyncLinkSettings & Omit<BroadcastLinkSettings<typeof router>, "http">
>;

/** An Event API, an HTTP server that hands out grants, and clients. All of it ends with the test. */
export async function createWorld({ engine, api: apiOptions }: WorldOptions = {}) {
  const chain = chainOn(engine);
  const api = await startAppSyncEvents({
    namespaces: { myapp: {} },
    apiKeys: [API_KEY],
    authorizer: chain.authorizer(),
    connectAuthModes: ["AWS_LAMBDA"],
    subscribeAuthModes: ["AWS_LAMBDA"],
    ...apiOptions,
  });
  onTestFinished(() => api.stop());
  const http = await grantServer(chain);
  return {
    api,
    chain,
    publisher: chain.publisher({ url: api.url, apiKey: API_KEY }),
    /** What a user's HTTP request for a grant is answered with. */
    grant: async (userId: string, room = "red") => {
      const client = createTRPCClient<ReturnType<typeof routerWithGrants>>({
        links: [http(userId)],
      });
      return client.subscriptionGrant.mutate({ path: "chat.onMessage", input: { room } });
    },
    client: (userId?: string, settings: LinkSettings = {}) => clientOf(api, http(userId), settings),
  };
}

const routerWithGrants = (chain: Chain) => t.mergeRouters(router, chain.grantRouter(t));

async function grantServer(chain: Chain) {
  const url = await served(
    createHTTPServer({
      router: routerWithGrants(chain),
      createContext: ({ req }): Context => userOf(req),
    }),
  );
  return (userId: string | undefined) =>
    httpBatchLink({
      url,
      transformer: superjson,
      headers: userId === undefined ? {} : { "x-user": userId },
    });
}

function clientOf(
  api: AppSyncEventsEmulator,
  http: ReturnType<Awaited<ReturnType<typeof grantServer>>>,
  settings: LinkSettings,
) {
  const link = appsyncLink<typeof router>({
    http,
    url: api.url,
    WebSocket,
    transformer: superjson,
    overlapMs: 50,
    backOffMs: [10],
    ...settings,
  });
  onTestFinished(() => link.close());
  return { link, trpc: createTRPCClient<typeof router>({ links: [link] }) };
}
