import { expect, test } from "vitest";
import { memory } from "../../../src/store/memory.ts";
import { everyone, frame, START_MS, worldOf } from "../../../src/testing/store/world.ts";

test("a store in memory does not keep what has expired", async () => {
  const clock = { nowMs: START_MS };
  const store = memory({ now: () => clock.nowMs });
  const { connect, subscribe } = worldOf({ store, rows: async () => store.countRoutes() }, clock);
  const expireAt = START_MS / 1000 + 60;
  await subscribe(await connect("c", { expireAt }), frame({ routes: [everyone] }));
  await store.fanOuts.keep("f", "text", expireAt);
  const claim = { fanOutId: "f", part: "0", end: "", leaseUntil: START_MS + 1, expireAt };
  await store.fanOuts.claim(claim);
  clock.nowMs += 3_600_000;
  await connect("another", { expireAt: expireAt + 7200 });
  clock.nowMs = START_MS;
  // Had they been kept, they would count again now.
  expect(store.countRoutes()).toBe(0);
  expect(await store.getConnection("c")).toBeUndefined();
  expect(await store.getSubscriptions([{ connectionId: "c", id: 1 }])).toEqual([]);
  expect(await store.fanOuts.kept("f")).toBeUndefined();
  expect(await store.fanOuts.claim(claim)).toMatchObject({ status: "claimed" });
});

test("two stores in memory have nothing in common", async () => {
  const clock = { nowMs: START_MS };
  const [first, second] = [memory({ now: () => clock.nowMs }), memory({ now: () => clock.nowMs })];
  const world = worldOf({ store: first, rows: async () => first.countRoutes() }, clock);
  await world.subscribe(await world.connect("c"), frame());
  expect(first.countRoutes()).toBe(1);
  expect(second.countRoutes()).toBe(0);
  expect(await second.getConnection("c")).toBeUndefined();
  expect(await second.signingKey()).not.toBe(await first.signingKey());
});
