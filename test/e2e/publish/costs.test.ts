import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { type Call, commands, writeUnits } from "../../contract/observe.ts";
import { clientVersions, record } from "../client.ts";
import { plainRooms, rooms } from "./rooms.ts";
import { startWorld } from "./world.ts";

const chains = { 0: plainRooms, 2: rooms } as const;

/** What happened since the last time it was asked: commands, units written, units read. */
function meter(calls: readonly Call[]) {
  let from = 0;
  return () => {
    const since = calls.slice(from);
    from = calls.length;
    const written = writeUnits(since);
    const read = since.reduce((sum, { units }) => sum + units, 0) - written;
    return { commands: commands(since), written, read };
  };
}

describe.each(clientVersions)("client %s", (version) => {
  it.each([0, 2] as const)("L1: what everything costs with %i filters", async (filters) => {
    const { join, calls, seen, publisher } = await startWorld(chains[filters]);
    const spent = meter(calls);
    const { client } = join({ userId: "u" }, version);
    await seen(({ type }) => type === "connected");
    expect(spent()).toEqual({ commands: ["PutItemCommand"], written: 1, read: 0 });

    const subscribe = async () => {
      const one = record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
      await one.started;
      return one;
    };
    const first = await subscribe();
    expect(spent()).toEqual({
      commands: ["GetItemCommand", "TransactWriteItemsCommand"],
      written: 2 * (3 + filters),
      read: 1,
    });

    await publisher.routes.onMessage.publish({ data: "hi" });
    expect(spent()).toEqual({ commands: ["QueryCommand"], written: 0, read: 1 });

    first.unsubscribe();
    await seen((event) => event.type === "management" && !!event.body?.includes("stopped"));
    expect(spent()).toEqual({
      commands: ["UpdateItemCommand", "BatchWriteItemCommand"],
      written: 2 + filters,
      read: 0,
    });
  });

  it.each([0, 2] as const)("L1: what $disconnect costs with %i filters", async (filters) => {
    const { join, calls, gateway, lock } = await startWorld(chains[filters]);
    const { client, connectionId } = join({ userId: "u" }, version);
    for (let subscription = 0; subscription < 3; subscription++) {
      await record<string>((on) => client.onMessage.subscribe({ room: "red" }, on)).started;
    }
    const spent = meter(calls);
    spent();
    lock();
    await gateway.close(await connectionId);
    await gateway.settled();
    expect(spent()).toMatchObject({
      commands: ["UpdateItemCommand", "QueryCommand", "BatchWriteItemCommand"],
      written: 1 + 3 * (1 + filters),
    });
  });

  it("PING costs nothing", async () => {
    const keepAlive = { enabled: true, intervalMs: 10, pongTimeoutMs: 10_000 };
    const { join, calls, seen } = await startWorld(chains[2]);
    const { client } = join({ userId: "u" }, version, { keepAlive });
    const one = record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
    await one.started;
    const before = calls.length;
    await seen((event) => event.type === "management" && event.body === "PONG", 5);
    expect(calls.length).toBe(before);
  });
});

it("onData costs one read of the subscription each, and no write", async () => {
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const router = t.router({
    onMessage: t.procedure.subscription(
      subscriptions.resolver<string>({ onData: ({ data }) => `${data}!` }),
    ),
  });
  const { join, calls, publisher } = await startWorld((store) =>
    subscriptions.router({ router }).store({ store }),
  );
  const subscribers = Array.from({ length: 3 }, () => {
    const { client } = join();
    return record<string>((on) => client.onMessage.subscribe(undefined, on));
  });
  await Promise.all(subscribers.map(({ started }) => started));
  const spent = meter(calls);
  spent();
  await publisher.routes.onMessage.publish({ data: "hi" });
  expect(spent()).toEqual({
    commands: ["QueryCommand", "BatchGetItemCommand"],
    written: 0,
    read: 1 + 3,
  });
});
