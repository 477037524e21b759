import type { HistoryOptions } from "trpc-aws-subscriptions";
import { EventIds } from "../../../src/protocol/eventId.ts";
import { type ClientVersion, record, type StockClientOptions } from "../client.ts";
import { deferred } from "../deferred.ts";
import { startWorld, type WorldOptions } from "../publish/world.ts";
import { buildFeeds, type Observed } from "./feeds.ts";

/** An event as clients get it. */
export interface Received {
  readonly id: string;
  readonly data: string;
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

/** Who subscribes to what. */
export interface Visit {
  readonly userId: string;
  readonly room: string;
  readonly lastEventId?: string;
}

/** Options of {@link startFeeds}. */
export interface FeedOptions extends WorldOptions {
  readonly history?: HistoryOptions;
  readonly shouting?: Observed["shouting"];
}

/** The feeds on a gateway whose handshakes can be held up. */
export async function startFeeds({ history = {}, shouting, ...options }: FeedOptions = {}) {
  let closed: Promise<void> | undefined;
  const observed: Observed = { banned: new Set(), started: [], told: [], shouting };
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
