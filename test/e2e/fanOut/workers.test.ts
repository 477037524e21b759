import type { Store } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { fanOutWorld, joinRoom, received, sumOf, THRESHOLD } from "./fanOutWorld.ts";

const red = { name: "byRoom", input: { room: "red" } } as const;
const own = { matched: THRESHOLD, delivered: THRESHOLD, gone: 0, failed: 0 };

it("600 sockets: publish posts to the first, workers to the others, each client gets it once", async () => {
  const world = await fanOutWorld();
  const { publisher, queue, reports, errors, failures } = world;
  const clients = await joinRoom(world, 600);
  const { publish } = publisher.routes.onMessage;
  expect(await publish({ data: "one", filter: red })).toEqual({
    ...own,
    complete: true,
    queued: true,
  });
  await queue.idle();
  // Pages of the table have 250 rows at first, and a message is for 50.
  expect(reports.map(({ part, delivered }) => [part, delivered]).toSorted()).toEqual([
    ["1", 250],
    ["2", 250],
    ["3", 80],
    // The third one could not know that it was the last.
    ["4", 0],
  ]);
  const filter = [red, { name: "byUser", ctx: { userId: "u3" } } as const];
  expect(await publish({ data: "two", filter })).toMatchObject({ ...own, queued: true });
  await queue.idle();
  expect(await publish({ data: "three" })).toMatchObject({ ...own, queued: true });
  await queue.idle();
  expect(new Set(reports.map(({ fanOutId }) => fanOutId)).size).toBe(3);
  expect(sumOf(reports, "delivered")).toBe(3 * (600 - THRESHOLD));
  expect(sumOf(reports, "duplicates")).toBe(0);
  for (const texts of await received(world, clients))
    expect(texts).toEqual(["one", "two", "three"]);
  expect(queue.deadLetters()).toEqual([]);
  expect([...errors, ...failures]).toEqual([]);
}, 180_000);

describe("with a queue that delivers", () => {
  it("every message twice at once, each client gets the event once", async () => {
    const world = await fanOutWorld({
      queue: { duplicate: () => true, redeliveryDelayMs: 20, maxReceiveCount: 10_000 },
    });
    const clients = await joinRoom(world, 150);
    await world.publisher.routes.onMessage.publish({ data: "one" });
    await world.queue.idle();
    for (const texts of await received(world, clients)) expect(texts).toEqual(["one"]);
    expect(sumOf(world.reports, "delivered")).toBe(150 - THRESHOLD);
    expect(sumOf(world.reports, "duplicates")).toBe(0);
    const names = new Set(world.failures.map(({ name }) => name));
    expect([...names].filter((name) => name !== "PartBusyError")).toEqual([]);
  });

  it.each(["beforeWork", "afterWork"] as const)(
    "each message again, because its first worker died %s, each client gets the event once",
    async (when) => {
      const world = await fanOutWorld({
        queue: {
          redeliveryDelayMs: 20,
          crash: ({ Records: [record] }) =>
            record?.attributes.ApproximateReceiveCount === "1" ? when : undefined,
        },
      });
      const clients = await joinRoom(world, 150);
      await world.publisher.routes.onMessage.publish({ data: "one" });
      await world.queue.idle();
      for (const texts of await received(world, clients)) expect(texts).toEqual(["one"]);
      expect(sumOf(world.reports, "matched")).toBe(150 - THRESHOLD);
      expect(sumOf(world.reports, "duplicates")).toBe(0);
    },
  );

  it("a part again whose worker died after its posts, all get it, and the report says who twice", async () => {
    const world = await fanOutWorld({
      queue: {
        visibilityTimeoutMs: 4_000,
        // The others are found done when they come again.
        crash: ({ Records: [record] }) =>
          record?.attributes.ApproximateReceiveCount === "1" ? "afterWork" : undefined,
      },
      wrap: losesTheFirstEnd,
    });
    const clients = await joinRoom(world, 300);
    await world.publisher.routes.onMessage.publish({ data: "one" });
    await world.queue.idle();
    const texts = await received(world, clients);
    expect(texts.filter((one) => one.length === 0)).toEqual([]);
    const doubles = texts.filter((one) => one.length > 1);
    expect(doubles.length).toBeGreaterThan(0);
    expect(texts.filter((one) => one.length > 2)).toEqual([]);
    expect(sumOf(world.reports, "duplicates")).toBe(doubles.length);
  });
});

/** The first process that would say that a part is done does not live to do it. */
function losesTheFirstEnd(store: Store): Store {
  let isFirst = true;
  return {
    ...store,
    fanOuts: {
      ...store.fanOuts,
      finish: (part) => {
        if (!isFirst) return store.fanOuts.finish(part);
        isFirst = false;
        return Promise.resolve();
      },
    },
  };
}
