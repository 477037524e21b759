import { describe, expect, test } from "vitest";
import type { Route } from "../../src/store/types.ts";
import { everyone, filtered, frame, START_MS, type World } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { found } from "./found.ts";
import type { Fault } from "./observe.ts";

const filter = filtered("a", [["v", 1]]);
const routes = [everyone, filter];

/** What others do while connections are being closed. */
const others: Readonly<Record<string, (world: World, gone: readonly Route[]) => Promise<unknown>>> =
  {
    subscribe: async ({ store, subscribe }) => {
      const connection = await store.getConnection("c");
      // Its own filter: nothing that was found names it.
      const late = frame({ id: 2, routes: [filtered("late", [["v", 1]])] });
      return connection && subscribe(connection, late);
    },
    stop: ({ store }) => store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS + 1 }),
    "stop and subscribe": async ({ store, subscribe }) => {
      const connection = await store.getConnection("c");
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS + 1 });
      const again = frame({ messageId: "m2", requestTimeMs: START_MS + 2, routes });
      return connection && subscribe(connection, again);
    },
    disconnect: ({ store }) => store.disconnect("c"),
    disconnectAll: ({ store }, gone) => store.disconnectAll(gone),
    connect: async ({ store }) => {
      const another = await store.getConnection("another");
      return another && store.connect({ ...another, connectionId: "c" });
    },
  };

const moments = [
  "TransactWriteItemsCommand",
  "BatchGetItemCommand",
  "QueryCommand",
  "BatchWriteItemCommand",
];
const races = Object.entries(others).flatMap(([name, act]) =>
  moments.map((moment) => ({ name, act, moment })),
);

describe.each(races)("$name just before $moment", ({ act, moment }) => {
  test.each([1, 2])("leaves nothing of a connection of %i subscriptions", async (subscriptions) => {
    let gone: readonly Route[] = [];
    let closing = false;
    let done = false;
    const { bystander, store, rows } = await dynamoWorld({
      plan: ({ command }): Fault | undefined => {
        if (!closing || done || command !== moment) return undefined;
        done = true;
        return {
          before: async () => {
            await act(bystander, gone);
          },
        };
      },
    });
    const frames = [frame({ id: 1, routes }), frame({ id: 3, routes: [everyone] })];
    await bystander.subscribe(await bystander.connect("c"), ...frames.slice(0, subscriptions));
    await bystander.subscribe(await bystander.connect("another"), frame({ routes: [] }));
    gone = await found(store, filter);
    expect(gone).toHaveLength(1);
    closing = true;
    await store.disconnectAll(gone);
    // Only the second subscription makes a query needed.
    expect(done).toBe(moment !== "QueryCommand" || subscriptions === 2);
    expect(await rows()).toBe(0);
    expect(await store.getConnection("c")).toBeUndefined();
  });
});

test("a subscription stored just before the mark is found, and one just behind it refused", async () => {
  for (const [moment, expected] of [
    ["TransactWriteItemsCommand", ["active"]],
    ["BatchGetItemCommand", ["closed"]],
  ] as const) {
    const outcomes: unknown[] = [];
    let closing = false;
    const { bystander, store, rows } = await dynamoWorld({
      plan: ({ command }) => {
        if (!closing || command !== moment) return undefined;
        const before = async (): Promise<void> => {
          outcomes.push(...(await bystander.subscribe(connection, frame({ id: 2, routes }))));
        };
        return { before };
      },
    });
    const connection = await bystander.connect("c");
    await bystander.subscribe(connection, frame({ routes }));
    const gone = await found(store);
    closing = true;
    const live = await store.disconnectAll(gone);
    expect(outcomes).toEqual(expected);
    expect(live).toHaveLength(moment === "TransactWriteItemsCommand" ? 2 : 1);
    expect(await rows()).toBe(0);
  }
});

test("what a stop that died left is removed though the number was corrected since", async () => {
  const died = new Error("the process died");
  let dies = false;
  const { bystander, store, rows } = await dynamoWorld({
    maxSubscriptionsPerConnection: 2,
    plan: ({ command }) =>
      dies && command === "BatchWriteItemCommand" ? { refuse: died } : undefined,
  });
  const connection = await bystander.connect("c");
  await bystander.subscribe(
    connection,
    frame({ routes: [filtered("b", [])] }),
    frame({ id: 2, routes }),
  );
  dies = true;
  const stop = { connectionId: "c", id: 1, requestTimeMs: START_MS + 1 };
  await expect(store.stop(stop)).rejects.toBe(died);
  dies = false;
  expect(await bystander.subscribe(connection, frame({ id: 3, routes }))).toEqual(["active"]);
  const gone = await found(store);
  expect(gone).toHaveLength(2);
  expect(await store.disconnectAll(gone)).toHaveLength(2);
  expect(await rows()).toBe(0);
});
