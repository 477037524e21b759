import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import {
  InvalidFilterError,
  InvalidOptionError,
  initSubscriptions,
  PayloadTooLargeError,
  type Store,
} from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import { type Fault, writeUnits } from "../../contract/observe.ts";
import { record } from "../client.ts";
import { startWorld } from "../publish/world.ts";
import { newestVersion } from "../trpcVersion.ts";
import { type Received, startFeeds, textsOf } from "./feed.ts";

it("costs: live nothing, with history 1 WCU per KB, with a key a transaction and a write", async () => {
  const feeds = await startFeeds();
  const { publish } = feeds.publisher.routes.onMessage;
  const unitsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const from = feeds.calls.length;
    await work();
    return writeUnits(feeds.calls.slice(from));
  };
  const live = await startWorld(plain);
  await live.publisher.routes.onPlain.publish({ data: "x".repeat(3_000) });
  expect(writeUnits(live.calls)).toBe(0);
  expect(await unitsOf(() => feeds.say("a", "hi"))).toBe(1);
  expect(await unitsOf(() => feeds.say("a", "x".repeat(3_000)))).toBe(4);
  const rooms = ["a", "b", "c"].map((room) => ({ name: "byRoom", input: { room } }) as const);
  expect(await unitsOf(() => publish({ data: "hi", filter: rooms }))).toBe(2 * 3);
  expect(await unitsOf(() => publish({ data: "hi", key: "k" }))).toBe(2 * 2 + 1);
});

const plainSubscriptions = initSubscriptions();
const plainT = initTRPC.context<object>().create();
const plain = (store: Store) =>
  plainSubscriptions
    .router({
      router: plainT.router({
        onPlain: plainT.procedure.subscription(plainSubscriptions.resolver<string>()),
      }),
    })
    .store({ store });

it("key: the same event is posted once, and again only when its end is not known", async () => {
  let cut = false;
  const feeds = await startFeeds({
    plan: ({ command }): Fault | undefined =>
      cut && command === "QueryCommand" ? { refuse: new Error("the process dies") } : undefined,
  });
  const { publish } = feeds.publisher.routes.onMessage;
  const bob = feeds.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  const event = { data: "hi", filter: { name: "byRoom", input: { room: "a" } } } as const;
  const first = await publish({ ...event, key: "order 1" });
  expect(first).toMatchObject({ delivered: 1, complete: true });
  expect(await publish({ ...event, key: "order 1" })).toEqual({
    ...{ matched: 0, delivered: 0, gone: 0, failed: 0, complete: true },
    eventId: first.eventId,
    repeated: true,
  });
  cut = true;
  await expect(publish({ ...event, key: "order 2" })).rejects.toThrow("the process dies");
  cut = false;
  const second = await publish({ ...event, key: "order 2" });
  expect(second).toMatchObject({ delivered: 1, repeated: true });
  expect(await bob.received(2)).toEqual([
    { id: first.eventId, data: "hi" },
    { id: second.eventId, data: "hi" },
  ]);
  const again = publish({ ...event, data: "ho", key: "order 1" });
  await expect(again).rejects.toThrow(InvalidOptionError);
  const wider = publish({ data: "hi", key: "order 1" });
  await expect(wider).rejects.toThrow("was given for another event");
  await bob.unsubscribe();
  expect(textsOf(bob.data)).toEqual(["hi", "hi"]);
});

it.each(["", "\ud800", 5, null])("key: %j is refused before anything is written", async (key) => {
  const feeds = await startFeeds();
  const { publish } = feeds.publisher.routes.onMessage;
  await expect(publish({ data: "hi", key: key as never })).rejects.toThrow(InvalidOptionError);
  expect(await feeds.table.rows()).toEqual([]);
});

it("refuses an event that cannot be kept or posted before it is kept", async () => {
  const feeds = await startFeeds();
  const { publish } = feeds.publisher.routes.onMessage;
  const rooms = (count: number) =>
    Array.from(
      { length: count },
      (_, room) => ({ name: "byRoom", input: { room: `${room}` } }) as const,
    );
  await expect(publish({ data: "x".repeat(131_072) })).rejects.toThrow(PayloadTooLargeError);
  await expect(publish({ data: "hi", filter: rooms(100) })).rejects.toThrow("has 100 filters");
  const large = publish({ data: "x".repeat(100_000), filter: rooms(42) });
  await expect(large).rejects.toThrow(InvalidFilterError);
  expect(await feeds.table.rows()).toEqual([]);
  expect(await publish({ data: "hi", filter: rooms(99) })).toMatchObject({ complete: true });
  expect(await publish({ data: "hi", filter: [] })).toMatchObject({ matched: 0, complete: true });
  expect(await feeds.table.rows()).toHaveLength(99);
});

it("posts nothing when the event could not be kept, and keeps it in the second try", async () => {
  const failing: Fault[] = [];
  const feeds = await startFeeds({
    plan: ({ command }) => (command === "PutItemCommand" ? failing.shift() : undefined),
  });
  const bob = feeds.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  failing.push({ refuse: new Error("no table") });
  await expect(feeds.say("a", "lost")).rejects.toThrow("no table");
  // The first one hangs for two seconds.
  failing.push({ onWire: () => new Promise(() => undefined) });
  await feeds.say("a", "kept");
  expect(textsOf(await bob.received(1))).toEqual(["kept"]);
});

it("keeps what a transformer makes, and replays it so", async () => {
  const subscriptions = initSubscriptions();
  const t = initTRPC.context<object>().create({ transformer: superjson });
  const router = t.router({
    onDate: t.procedure
      .input(z.object({ lastEventId: z.string().nullish() }))
      .subscription(subscriptions.resolver<Date>({ history: {} })),
  });
  const world = await startWorld((store) => subscriptions.router({ router }).store({ store }), {
    transformer: superjson,
  });
  const lastEventId = world.publisher.cursor();
  const { eventId } = await world.publisher.routes.onDate.publish({ data: new Date(5) });
  const { client } = world.join({}, newestVersion);
  const dates = record<Received>((on) => client.onDate.subscribe({ lastEventId }, on as never));
  expect(await dates.received(1)).toEqual([{ id: eventId, data: new Date(5) }]);
});
