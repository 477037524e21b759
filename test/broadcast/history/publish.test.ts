import { initTRPC } from "@trpc/server";
import {
  BuilderError,
  dynamodb,
  InvalidFilterError,
  InvalidOptionError,
  initSubscriptions,
  PayloadTooLargeError,
} from "trpc-aws-subscriptions";
import { memory, memoryBroker } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { observe, writeUnits } from "../../contract/observe.ts";
import { createTestTable } from "../../testTable.ts";
import { until } from "../world.ts";
import { hearing, tick } from "./feed.ts";
import { createWorld, filtered, memoryEngine } from "./world.ts";

const path = "feed";
const input = { room: "red" };
const filter = { name: "room", input } as const;

it("tells the event's id, which clients get, and what became of its topics", async () => {
  const { heard, publisher } = await hearing();
  const before = publisher.cursor();
  const report = await publisher.routes.feed.publish(tick(1));
  expect(report).toMatchObject({ topics: 1, sent: 1, failed: 0 });
  expect(report).not.toHaveProperty("repeated");
  expect(report.eventId > before && report.eventId < publisher.cursor()).toBe(true);
  await until(() => heard.data.length > 0);
  expect(heard.data[0]?.id).toBe(report.eventId);
});

it("with the key of an event that was sent does nothing; with other data it is refused", async () => {
  const { publisher, ask } = await createWorld(memoryEngine(0));
  const lastEventId = publisher.cursor();
  const { feed } = publisher.routes;
  const first = await feed.publish({ ...tick(1), key: "k" });
  const again = await feed.publish({ ...tick(1), key: "k" });
  expect(again).toMatchObject({ eventId: first.eventId, repeated: true, topics: 0, sent: 0 });
  await expect(feed.publish({ ...tick(2), key: "k" })).rejects.toThrow(InvalidOptionError);
  const { result } = await ask("ann", { path, input, lastEventId });
  expect(result?.data.json.history?.missed).toHaveLength(1);
});

it("that the broker refused is kept, and a call with its key sends it under the same id", async () => {
  let refuse = (_: boolean): void => {};
  const { heard, publisher, ask } = await hearing(
    memoryEngine(0, (broker) => {
      refuse = (isRefusing) => broker.setRefusing(isRefusing);
    }),
  );
  const lastEventId = publisher.cursor();
  const { feed } = publisher.routes;
  refuse(true);
  const report = await feed.publish({ ...tick(1), key: "k" });
  expect(report).toMatchObject({ topics: 1, sent: 0, failed: 1 });
  const { result } = await ask("ann", { path, input, lastEventId });
  expect(result?.data.json.history?.missed).toHaveLength(1);
  // Its subscriber is told nothing, and stays: nobody knows who did not get it.
  expect(heard).toMatchObject({ data: [], started: 1, states: ["connecting", "pending"] });
  refuse(false);
  const again = await feed.publish({ ...tick(1), key: "k" });
  expect(again).toMatchObject({ eventId: report.eventId, repeated: true, sent: 1 });
  await until(() => heard.data.length > 0);
  expect(heard.data).toEqual([{ id: report.eventId, data: tick(1).data }]);
});

it("that the table refused is sent to nobody", async () => {
  let messages: readonly unknown[] = [];
  const { publisher, store } = await createWorld(
    memoryEngine(0, (broker) => {
      messages = broker.messages;
    }),
  );
  store.history.keep = async () => {
    throw new Error("no table");
  };
  await expect(publisher.routes.feed.publish(tick(1))).rejects.toThrow("no table");
  expect(messages).toEqual([]);
});

it("of what is too much is refused before it is kept", async () => {
  const { publisher, store } = await createWorld(memoryEngine(0));
  let kept = 0;
  const keep = store.history.keep.bind(store.history);
  store.history.keep = async (...event) => {
    kept++;
    return keep(...event);
  };
  const rooms = Array.from({ length: 100 }, (_, n) => ({
    name: "room" as const,
    input: { room: `${n}` },
  }));
  const { feed } = publisher.routes;
  await expect(feed.publish({ ...tick(1), filter: rooms })).rejects.toThrow(InvalidFilterError);
  const data = { ...tick(1).data, text: "x".repeat(131_072) };
  const error: unknown = await feed.publish({ data, filter }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(PayloadTooLargeError);
  expect(String(error)).toContain("the broker in memory");
  expect(kept).toBe(0);
});

it("keeps nothing for nobody", async () => {
  const { publisher } = await createWorld(memoryEngine(0));
  const report = await publisher.routes.feed.publish({ ...tick(1), filter: [] });
  expect(report).toMatchObject({ topics: 0, sent: 0, failed: 0 });
});

it("costs 1 write unit for each KB and filter, with a key a transaction and a write", async () => {
  const table = await createTestTable();
  const calls = observe(table.dynamoDBClient);
  const { engine } = memoryBroker({ store: dynamodb(table) });
  const { feed } = filtered.engine(engine).publisher().routes;
  const unitsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const from = calls.length;
    await work();
    return writeUnits(calls.slice(from));
  };
  expect(await unitsOf(() => feed.publish(tick(1)))).toBe(1);
  const large = { ...tick(1).data, text: "x".repeat(3_000) };
  expect(await unitsOf(() => feed.publish({ data: large, filter }))).toBe(4);
  const rooms = ["a", "b", "c"].map((room) => ({ name: "room", input: { room } }) as const);
  expect(await unitsOf(() => feed.publish({ ...tick(1), filter: rooms }))).toBe(2 * 3);
  expect(await unitsOf(() => feed.publish({ ...tick(1), key: "k" }))).toBe(2 * 2 + 1);
});

it("asks of the table what the documentation says, and no more", async () => {
  const table = await createTestTable();
  const calls = observe(table.dynamoDBClient);
  const t = initTRPC.context<{ userId: string }>().create();
  const subscriptions = initSubscriptions();
  const router = t.router({
    a: t.procedure.subscription(subscriptions.resolver<string>({ history: {} })),
  });
  const chain = subscriptions
    .router({ router })
    .engine(memoryBroker({ store: dynamodb(table) }).engine);
  const publisher = chain.publisher();
  const lastEventId = publisher.cursor();
  const usedBy = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const from = calls.length;
    await work();
    const used = calls.slice(from).map(({ command, input: asked }) => {
      const partitions = JSON.stringify(asked).match(/"(?:event|published)#/g) ?? [];
      return `${command} ${[...new Set(partitions)].toSorted().join()}`;
    });
    return [...new Set(used)].toSorted();
  };
  const { publish } = publisher.routes.a;
  expect(await usedBy(() => publish({ data: "x" }))).toEqual(['PutItemCommand "event#']);
  expect(await usedBy(() => publish({ data: "x", key: "k" }))).toEqual([
    'TransactWriteItemsCommand "event#,"published#',
    'UpdateItemCommand "published#',
  ]);
  expect(await usedBy(() => publish({ data: "x", key: "k" }))).toEqual([
    'TransactWriteItemsCommand "event#,"published#',
  ]);
  const caller = t.mergeRouters(router, chain.grantRouter(t) as never) as never;
  const { subscriptionGrant } = t.createCallerFactory(caller)({ userId: "ann" }) as unknown as {
    subscriptionGrant(request: object): Promise<object>;
  };
  expect(await usedBy(() => subscriptionGrant({ path: "a" }))).toEqual([]);
  expect(await usedBy(() => subscriptionGrant({ path: "a", lastEventId }))).toEqual([
    'QueryCommand "event#',
  ]);
});

describe("an engine", () => {
  it("without a store refuses routes with history, and one that is none", () => {
    const { engine } = memoryBroker();
    expect(() => filtered.engine(engine as never)).toThrow(
      new BuilderError(
        'engine(): "feed" has history, and "the broker in memory" has no store to keep its events. Give the engine a store, as { store: dynamodb({ … }) }, or take history out of its resolver.',
      ),
    );
    expect(() => memoryBroker({ store: {} as never })).toThrow(BuilderError);
    expect(() => memoryBroker({ store: null as never })).toThrow(BuilderError);
  });

  it("with a store refuses hooks as ever", () => {
    const subscriptions = initSubscriptions();
    const t = initTRPC.create();
    const router = t.router({
      a: t.procedure.subscription(
        subscriptions.resolver<string>({ history: {}, onData: ({ data }) => data }),
      ),
    });
    const { engine } = memoryBroker({ store: memory() });
    expect(() => subscriptions.router({ router }).engine(engine as never)).toThrow("has onData");
  });
});
