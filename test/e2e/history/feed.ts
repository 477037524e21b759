import { initTRPC } from "@trpc/server";
import { type HistoryOptions, initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";
import { type ClientVersion, record, type StockClientOptions } from "../client.ts";
import { deferred } from "../deferred.ts";
import { startWorld, type WorldOptions } from "../publish/world.ts";

/** An event as clients get it. */
export interface Received {
  readonly id: string;
  readonly data: string;
}

interface Ctx {
  readonly userId: string;
}

const lastEventId = z.string().nullish();

/** Feeds with users and rooms, whose events are kept. */
function buildFeeds(history: HistoryOptions = {}) {
  const subscriptions = initSubscriptions<Ctx>();
  const t = initTRPC.context<Ctx>().create();
  const router = t.router({
    onMessage: t.procedure
      .input(z.object({ room: z.string(), lastEventId }))
      .subscription(subscriptions.resolver<string>({ history })),
    onShout: t.procedure.subscription(
      subscriptions.resolver<string, { readonly ctx: Ctx }>({
        history,
        ctx: { userId: true },
        onData: ({ data, ctx, drop }) => (data === ctx.userId ? drop : `${ctx.userId}: ${data}`),
      }),
    ),
  });
  return (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onMessage.filter(
        { name: "byUserAndRoom", ctx: { userId: true }, input: { room: true } },
        { name: "byRoom", input: { room: true } },
      );
}

/** Who subscribes to what. */
export interface Visit {
  readonly userId: string;
  readonly room: string;
  readonly lastEventId?: string;
}

/** Options of {@link startFeeds}. */
export interface FeedOptions extends WorldOptions {
  readonly history?: HistoryOptions;
}

/** The feeds on a gateway whose handshakes can be held up. */
export async function startFeeds({ history, ...options }: FeedOptions = {}) {
  let closed: Promise<void> | undefined;
  const world = await startWorld(buildFeeds(history), {
    ...options,
    gateway: {
      ...options.gateway,
      delay: (event) => (event.requestContext.eventType === "CONNECT" ? closed : undefined),
    },
  });
  const { onMessage } = world.publisher.routes;
  return {
    ...world,
    /** Cuts the sockets of all clients; does something while they cannot come back; lets them. */
    async cut(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
      const { promise, resolve } = deferred();
      closed = promise;
      const cut = world.gateway.connectionIds();
      await Promise.all(cut.map((id) => world.gateway.close(id, 1001, "Going away")));
      await world.seen(
        (seen) => seen.type === "closed" && cut.includes(seen.connectionId),
        cut.length,
      );
      await meanwhile();
      closed = undefined;
      resolve();
    },
    /** Subscribes a user to a room. */
    enter(
      { userId, room, lastEventId: from }: Visit,
      version: ClientVersion,
      client: Partial<StockClientOptions> = {},
    ) {
      const member = world.join({ userId }, version, { retryDelayMs: () => 0, ...client });
      const input = from === undefined ? { room } : { room, lastEventId: from };
      const recording = record<Received>((on) => member.client.onMessage.subscribe(input, on));
      return { ...member, ...recording };
    },
    /** Publishes to a room. */
    say: (room: string, data: string) =>
      onMessage.publish({ data, filter: { name: "byRoom", input: { room } } }),
  };
}
