import { createTRPCClient, httpBatchLink, type TRPCClientError } from "@trpc/client";
import { initTRPC, TRPCError, type TrackedEnvelope, tracked } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { type MemoryBrokerOptions, memoryBroker } from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { z } from "zod";
import type { BroadcastLink, BroadcastLinkSettings } from "../../src/client/broadcast/options.ts";
import type { OnEvent } from "../../src/index.ts";
import { served, userOf } from "../httpServer.ts";

/** What the HTTP server makes of a request's headers. */
export interface Context {
  readonly userId: string | undefined;
}

/** What a client of `chat.onMessage` gets. */
export interface Message {
  readonly id: string;
  readonly data: { readonly text: string };
}

/** A message whose id is its text. */
export const message = (text: string) => tracked(text, { text });

const t = initTRPC.context<Context>().create();

const member = t.procedure.use(({ ctx, next }) => {
  if (ctx.userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { userId: ctx.userId } });
});

const subscriptions = initSubscriptions();

/** Rooms that nobody may enter, by name. */
export const forbidden = new Set<string>();

const chat = t.router({
  onMessage: member
    .input(z.object({ room: z.string(), agent: z.string().optional() }))
    .use(({ input, next }) => {
      if (forbidden.has(input.room)) throw new TRPCError({ code: "FORBIDDEN" });
      return next();
    })
    .subscription(subscriptions.resolver<TrackedEnvelope<{ readonly text: string }>>()),
});

const appRouter = t.router({
  chat,
  news: t.procedure.subscription(subscriptions.resolver<number>()),
  ticks: t.procedure.subscription(subscriptions.resolver<number>()),
  checked: t.procedure.subscription(
    subscriptions.resolver(z.object({ n: z.string().transform(Number) })),
  ),
  // What must not run when a grant is asked for.
  generator: t.procedure.subscription(async function* () {
    ran.count++;
    yield 1;
  }),
  observable: t.procedure.subscription(async () => {
    ran.count++;
    return (async function* () {})();
  }),
  query: t.procedure.query(() => ran.count++),
  mutation: t.procedure.mutation(() => ran.count++),
});

/** Procedures that ran and should not have. */
export const ran = { count: 0 };

/** The chain before its engine. */
export const filteredWith = (onEvent?: OnEvent) =>
  initSubscriptions(onEvent && { onEvent })
    .router({ router: appRouter })
    .routes.chat.onMessage.filter(
      { name: "mine", ctx: { userId: true } },
      { name: "mineInRoom", ctx: { userId: true }, input: { room: true } },
      { name: "room", input: { room: true, agent: "optional" } },
    );

/** Who is signed in, or tells who that is at a request. */
type User = string | undefined | (() => string);

type Settings = Partial<Omit<BroadcastLinkSettings<typeof appRouter>, "http">>;

export interface WorldOptions extends MemoryBrokerOptions {
  readonly onEvent?: OnEvent;
}

/** What {@link createWorld} makes. */
export type World = Awaited<ReturnType<typeof createWorld>>;

/** A broker in memory, an HTTP server with the grants, and clients. All of it ends with the test. */
export async function createWorld({ onEvent, ...options }: WorldOptions = {}) {
  // Test files share one process.
  forbidden.clear();
  ran.count = 0;
  const broker = memoryBroker(options);
  const chain = filteredWith(onEvent).engine(broker.engine);
  const requests: string[] = [];
  const server = createHTTPServer({
    router: t.mergeRouters(appRouter, chain.grantRouter(t)),
    createContext: ({ req }): Context => {
      requests.push(`${req.method} ${req.url}`);
      return userOf(req);
    },
  });
  const url = await served(server);
  const http = (user: User) =>
    httpBatchLink<typeof appRouter>({
      url,
      headers: () => {
        const userId = typeof user === "function" ? user() : user;
        return userId === undefined ? {} : { "x-user": userId };
      },
    });
  return {
    router: appRouter,
    http,
    broker,
    chain,
    publisher: chain.publisher(),
    requests,
    server,
    url,
    /** A client of a user; without one it is nobody's. */
    async client(userId?: User, settings: Settings = {}) {
      const link: BroadcastLink<typeof appRouter> = await broker.link<typeof appRouter>({
        http: http(userId),
        overlapMs: 50,
        ...settings,
      });
      onTestFinished(() => link.close());
      return { link, trpc: createTRPCClient<typeof appRouter>({ links: [link] }) };
    },
  };
}

/** Waits until something is so; looks again whenever the event loop has come around. */
export async function until(isSo: () => boolean): Promise<void> {
  // Beyond it a test has failed, and must not keep the others of its process waiting.
  const endsAtMs = performance.now() + 40_000;
  while (!isSo()) {
    if (performance.now() > endsAtMs) throw new Error(`never so: ${String(isSo)}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Whatever a subscription's callbacks were called with. */
export class Heard<T> {
  readonly data: T[] = [];
  readonly states: string[] = [];
  readonly errors: TRPCClientError<typeof appRouter>[] = [];
  started = 0;
  stopped = 0;
  completed = 0;

  readonly callbacks = {
    onStarted: () => void this.started++,
    onData: (value: T) => void this.data.push(value),
    onError: (error: TRPCClientError<typeof appRouter>) => void this.errors.push(error),
    onStopped: () => void this.stopped++,
    onComplete: () => void this.completed++,
    onConnectionStateChange: ({ state }: { readonly state: string }) =>
      void this.states.push(state),
  };

  /** Resolves when it has started that often. */
  start(times = 1): Promise<void> {
    return until(() => this.started >= times);
  }
}

/** The texts of the messages that came, in their order. */
export const textsOf = ({ data }: Heard<Message>): readonly string[] =>
  data.map(({ data: { text } }) => text);
