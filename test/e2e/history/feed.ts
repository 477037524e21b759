import { initTRPC, TRPCError } from "@trpc/server";
import {
  type HistoryOptions,
  initSubscriptions,
  type Store,
  type SubscriptionsEvent,
} from "trpc-aws-subscriptions";
import { z } from "zod";
import { EventIds } from "../../../src/protocol/eventId.ts";
import { type ClientVersion, record, type StockClientOptions } from "../client.ts";
import { deferred } from "../deferred.ts";
import { startWorld, type WorldOptions } from "../publish/world.ts";

/** An event as clients get it. */
export interface Received {
  readonly id: string;
  readonly data: string;
}

/** The context of every procedure. */
export interface Ctx {
  readonly userId: string;
}

/** Data of events, in the order they came. */
export const textsOf = (received: readonly Received[]): readonly string[] =>
  received.map(({ data }) => data);

/** Data of events, each once, in the order they first came. */
export const textsOnce = (received: readonly Received[]): readonly string[] => [
  ...new Map(received.map(({ id, data }) => [id, data])).values(),
];

/** An id that was made at a time. */
export const idAt = (timeMs: number): string => new EventIds(() => timeMs).next();

const lastEventId = z.string().nullish();

/** Feeds with users and rooms, whose events are kept. */
function buildFeeds(history: HistoryOptions, { banned, started, told }: Observed) {
  const subscriptions = initSubscriptions<Ctx>({ onEvent: (event) => void told.push(event) });
  const t = initTRPC.context<Ctx>().create();
  const allowed = t.procedure.use(({ ctx, next }) => {
    if (banned.has(ctx.userId)) throw new TRPCError({ code: "FORBIDDEN", message: "banned" });
    return next();
  });
  const router = t.router({
    onMessage: allowed
      .input(z.object({ room: z.string(), lastEventId }))
      .subscription(subscriptions.resolver<string>({ history })),
    onShout: t.procedure.subscription(
      subscriptions.resolver<string, { readonly ctx: Ctx }>({
        history,
        ctx: { userId: true },
        onData: ({ data, ctx, drop }) => (data === ctx.userId ? drop : `${ctx.userId}: ${data}`),
      }),
    ),
    onState: t.procedure.input(z.unknown()).subscription(
      subscriptions.resolver<string>({
        history,
        async *onStart({ resumed }) {
          const text = resumed ? "start, resumed" : "start";
          started.push(text);
          yield text;
        },
        async *onGap({ lastEventId }) {
          yield `gap since ${lastEventId}`;
        },
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

/** What the feeds and a test share. */
interface Observed {
  /** Users whom the middleware refuses. */
  readonly banned: Set<string>;
  /** What `onStart` yielded. */
  readonly started: string[];
  /** What `onEvent` was told. */
  readonly told: SubscriptionsEvent[];
}

/** Options of {@link startFeeds}. */
export interface FeedOptions extends WorldOptions {
  readonly history?: HistoryOptions;
}

/** The feeds on a gateway whose handshakes can be held up. */
export async function startFeeds({ history = {}, ...options }: FeedOptions = {}) {
  let closed: Promise<void> | undefined;
  const observed: Observed = { banned: new Set(), started: [], told: [] };
  const world = await startWorld(buildFeeds(history, observed), {
    ...options,
    gateway: {
      ...options.gateway,
      delay: (event) => (event.requestContext.eventType === "CONNECT" ? closed : undefined),
    },
  });
  const { onMessage } = world.publisher.routes;
  const visit = (
    client: ReturnType<typeof world.join>["client"],
    { room, lastEventId: from }: Omit<Visit, "userId">,
  ) => {
    const input = from === undefined ? { room } : { room, lastEventId: from };
    return record<Received>((on) => client.onMessage.subscribe(input, on));
  };
  const join = (userId: string, version: ClientVersion, client: Partial<StockClientOptions> = {}) =>
    world.join({ userId }, version, { retryDelayMs: () => 0, ...client });
  return {
    ...world,
    ...observed,
    visit,
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
      try {
        await meanwhile();
      } finally {
        closed = undefined;
        resolve();
      }
    },
    /** Subscribes a user to a room. */
    enter(
      { userId, ...where }: Visit,
      version: ClientVersion,
      client: Partial<StockClientOptions> = {},
    ) {
      const member = join(userId, version, client);
      return { ...member, ...visit(member.client, where) };
    },
    /** Subscribes a user to what `onData` makes. */
    listen(userId: string, version: ClientVersion) {
      const { client } = join(userId, version);
      return record<Received>((on) => client.onShout.subscribe(undefined, on));
    },
    /** Subscribes to what the hooks yield. */
    snapshot(input: { readonly lastEventId?: string }, version: ClientVersion) {
      const { client } = join("somebody", version);
      return record<Received>((on) => client.onState.subscribe(input, on));
    },
    /** Publishes to a room. */
    say: (room: string, data: string) =>
      onMessage.publish({ data, filter: { name: "byRoom", input: { room } } }),
  };
}
