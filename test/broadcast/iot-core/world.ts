import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { initTRPC, TRPCError, type TrackedEnvelope } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { iotLink } from "trpc-aws-subscriptions/client/iot-core";
import { type IotOptions, iot } from "trpc-aws-subscriptions/iot-core";
import {
  type IotCoreObservation,
  type IotCoreOptions,
  startIotCore,
} from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import type { IotLinkOptions } from "../../../src/client/iot-core/options.ts";
import type { Grant } from "../../../src/protocol/broadcast.ts";
import { served, userOf } from "../../httpServer.ts";

interface Context {
  readonly userId: string | undefined;
}

const t = initTRPC.context<Context>().create();
const subscriptions = initSubscriptions();

const member = t.procedure.use(({ ctx, next }) => {
  if (ctx.userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { userId: ctx.userId } });
});

export const appRouter = t.router({
  chat: t.router({
    onMessage: member
      .input(z.object({ room: z.string(), agent: z.string().optional() }))
      .subscription(subscriptions.resolver<TrackedEnvelope<{ readonly text: string }>>()),
  }),
  news: t.procedure.subscription(subscriptions.resolver<number>()),
});
export type AppRouter = typeof appRouter;

/** Text of a secret, for tests alone. */
export const SECRET = "a secret of the tests, 32 bytes and more";
const PREFIX = ["myapp", "dev"] as const;
const AUTHORIZER = "subscriptions";

/** The chain of these tests, with the engine's options. */
export const chainOf = (options: Partial<IotOptions> = {}) =>
  initSubscriptions()
    .router({ router: appRouter })
    .routes.chat.onMessage.filter(
      { name: "mine", ctx: { userId: true } },
      { name: "room", ctx: { userId: true }, input: { room: true, agent: "optional" } },
    )
    .engine(iot({ prefix: PREFIX, secret: SECRET, authorizer: AUTHORIZER, ...options }));

export interface WorldOptions {
  readonly engine?: Partial<IotOptions>;
  readonly broker?: Partial<IotCoreOptions>;
}

/** What {@link createWorld} makes. */
export type World = Awaited<ReturnType<typeof createWorld>>;

/** An emulator, an HTTP server with the grants, and clients. All of it ends with the test. */
export async function createWorld({ engine = {}, broker = {} }: WorldOptions = {}) {
  const refused: Error[] = [];
  const observed: IotCoreObservation[] = [];
  const authorizer = chainOf(engine).authorizer({ onRefused: ({ error }) => refused.push(error) });
  const iotCore = await startIotCore({
    authorizers: { [AUTHORIZER]: authorizer },
    onEvent: (observation) => observed.push(observation),
    ...broker,
  });
  const chain = chainOf({ url: iotCore.url, ...engine });
  const url = await served(
    createHTTPServer({
      router: t.mergeRouters(appRouter, chain.grantRouter(t)),
      createContext: ({ req }): Context => userOf(req),
    }),
  );
  const sdk = new IoTDataPlaneClient(iotCore.clientConfig);
  onTestFinished(async () => {
    sdk.destroy();
    await iotCore.stop();
  });
  const http = (userId: string | undefined) =>
    httpBatchLink<AppRouter>({ url, headers: userId === undefined ? {} : { "x-user": userId } });
  return {
    iotCore,
    chain,
    sdk,
    observed,
    refused,
    publisher: chain.publisher({ client: sdk }),
    /** A client of a user; without one it is nobody's. */
    client(userId?: string, settings: Partial<IotLinkOptions<AppRouter>> = {}) {
      const link = iotLink<AppRouter>({
        http: http(userId),
        overlapMs: 50,
        WebSocket: WebSocket as never,
        ...settings,
      });
      onTestFinished(() => link.close());
      return { link, trpc: createTRPCClient<AppRouter>({ links: [link] }) };
    },
    /** What a hostile client begins with: a grant that it may have. */
    async grant(userId: string, room: string): Promise<Grant> {
      const response = await fetch(`${url}/subscriptionGrant`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-user": userId },
        body: JSON.stringify({ path: "chat.onMessage", input: { room } }),
      });
      const answer = (await response.json()) as { result: { data: Grant } };
      return answer.result.data;
    },
  };
}
