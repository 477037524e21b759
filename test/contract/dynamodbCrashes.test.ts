import { describe, expect, test } from "vitest";
import { filterKey } from "../../src/store/filterKeys.ts";
import type { Connection } from "../../src/store/types.ts";
import { everyone, filtered, frame, START_MS, type World } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { found } from "./found.ts";
import type { Fault } from "./observe.ts";

const died = new Error("the process died");
const routes = [everyone, filtered("a", [["v", 1]])];
const stop = { connectionId: "c", id: 1, requestTimeMs: START_MS + 1 };
const again = { messageId: "m2", requestTimeMs: START_MS + 2 };

/** What a process was at when it died, and how often it calls DynamoDB when it lives. */
const actions: Readonly<
  Record<
    string,
    {
      readonly calls: number;
      /** Calls before those, which do not die. */
      readonly reads?: number;
      act(world: World): Promise<unknown>;
    }
  >
> = {
  subscribe: {
    calls: 1,
    reads: 1,
    act: async ({ store }) => {
      const connection = await store.getConnection("c");
      return connection && store.subscribe(connection, [frame({ id: 2, routes })]);
    },
  },
  stop: { calls: 2, act: ({ store }) => store.stop(stop) },
  disconnect: { calls: 3, act: ({ store }) => store.disconnect("c") },
  disconnectAll: {
    calls: 3,
    reads: 1,
    act: async ({ store }) => store.disconnectAll(await found(store)),
  },
};

const faults: Readonly<Record<string, Fault>> = {
  before: { refuse: died },
  after: { loseAnswer: died },
};

const crashes = Object.entries(actions).flatMap(([name, { calls, reads = 0, act }]) =>
  Array.from({ length: calls }, (_, call) =>
    Object.entries(faults).map(([moment, fault]) => ({ name, act, moment, call, reads, fault })),
  ).flat(),
);

describe.each(crashes)("$name dies $moment its call $call", ({ name, act, call, reads, fault }) => {
  const crashed = async (): Promise<World> => {
    let first = Number.POSITIVE_INFINITY;
    const plan = (_: unknown, index: number): Fault | undefined =>
      index === first + call ? fault : undefined;
    const world = await dynamoWorld({ plan });
    await world.bystander.subscribe(await world.bystander.connect("c"), frame({ routes }));
    first = world.calls.length + reads;
    await expect(act(world)).rejects.toBe(died);
    return world.bystander;
  };

  test("a disconnect leaves nothing", async () => {
    const { store, rows } = await crashed();
    await store.disconnect("c");
    expect(await rows()).toBe(0);
  });

  test("a second try ends as the first one would have", async () => {
    const world = await crashed();
    await act(world);
    expect(await world.rows()).toBe(
      { subscribe: 4, stop: 0, disconnect: 0, disconnectAll: 0 }[name],
    );
  });
});

test("an id used again takes over what a stop that died left behind", async () => {
  const plan = ({ command }: { readonly command: string }): Fault | undefined =>
    command === "BatchWriteItemCommand" ? { refuse: died } : undefined;
  const { store, bystander } = await dynamoWorld({ plan });
  const { connect, subscribe, find, rows } = bystander;
  const connection = await connect("c");
  await subscribe(connection, frame({ routes }));
  await expect(store.stop(stop)).rejects.toBe(died);
  expect(await rows()).toBe(2);
  expect(await subscribe(connection, frame(again))).toEqual(["active"]);
  expect(await find({})).toEqual(["c/1"]);
  expect(await rows()).toBe(1);
});

test("an id that somebody else uses again in between is left to them", async () => {
  let transactions = 0;
  const theirs = frame({ messageId: "m3", requestTimeMs: START_MS + 3, routes });
  const { bystander, ...world } = await dynamoWorld({
    plan: ({ command }) => {
      if (command !== "TransactWriteItemsCommand") return undefined;
      transactions += 1;
      if (transactions !== 2) return undefined;
      return {
        before: async () => {
          expect(await bystander.subscribe(connection, theirs)).toEqual(["active"]);
        },
      };
    },
  });
  const connection = await world.connect("c");
  await bystander.store.stop(stop);
  expect(await world.subscribe(connection, frame(again))).toEqual(["stale"]);
  expect(transactions).toBe(2);
  expect(await world.rows()).toBe(2);
});

test("deletions hit what was written, whatever the filters are called by now", async () => {
  const { store, connect, subscribe, rows } = await dynamoWorld();
  const connection = await connect("c");
  const unknownNow = { path: "renamed", filter: filterKey({ name: "gone", ctx: [["x", 1]] }) };
  await subscribe(connection, frame({ routes: [everyone, unknownNow], shards: 7 }));
  await subscribe(connection, frame({ id: 2, routes: [unknownNow], shards: 5 }));
  await store.stop(stop);
  expect(await rows()).toBe(1);
  await store.disconnect("c");
  expect(await rows()).toBe(0);
});

describe("the limit holds when somebody comes in between", () => {
  /** Does something just before the store corrects the connection's number of subscriptions. */
  const between = async (
    act: (world: World) => Promise<unknown>,
    subscriptions = 3,
  ): Promise<World> => {
    let done = false;
    const world = await dynamoWorld({
      maxSubscriptionsPerConnection: 3,
      plan: ({ command, input }) => {
        if (command !== "UpdateItemCommand" || done) return undefined;
        expect(input["UpdateExpression"]).toContain("recounts");
        done = true;
        return {
          before: async () => {
            await act(world.bystander);
          },
        };
      },
    });
    const { connect, subscribe, store } = world.bystander;
    const connection = await connect("c");
    const frames = [frame({ id: 1 }), frame({ id: 2 }), frame({ id: 3 })];
    await subscribe(connection, ...frames.slice(0, subscriptions));
    await store.stop({ ...stop, id: 1 });
    return world;
  };

  const opened = async ({ store }: Pick<World, "store">): Promise<Connection> => {
    const connection = await store.getConnection("c");
    if (connection === undefined) throw new Error("the connection is not there");
    return connection;
  };

  test("and takes the last place", async () => {
    const { store, subscribe, rows } = await between(async (world) => {
      expect(await world.subscribe(await opened(world), frame({ id: 4 }))).toEqual(["active"]);
    });
    // The number is 3 again, as it was when it was seen, but now it is true.
    expect(await subscribe(await opened({ store }), frame({ id: 5 }))).toEqual(["limit"]);
    expect(await rows()).toBe(3);
  });

  test("and raises the number without correcting it", async () => {
    const { store, subscribe, rows } = await between(async (world) => {
      await world.subscribe(await opened(world), frame({ id: 4 }));
    }, 2);
    const two = [frame({ id: 5 }), frame({ id: 6 })];
    expect(await subscribe(await opened({ store }), ...two)).toEqual(["active", "limit"]);
    expect(await rows()).toBe(3);
  });

  test("and leaves room", async () => {
    const { store, subscribe, rows } = await between(async (world) => {
      await world.store.stop({ ...stop, id: 2 });
    });
    const connection = await opened({ store });
    const three = [frame({ id: 5 }), frame({ id: 6 }), frame({ id: 7 })];
    expect(await subscribe(connection, ...three)).toEqual(["active", "limit", "limit"]);
    expect(await rows()).toBe(2);
    expect(await subscribe(connection, frame({ id: 6 }))).toEqual(["active"]);
    expect(await subscribe(connection, frame({ id: 7 }))).toEqual(["limit"]);
  });
});
