import assert from "node:assert/strict";
import { everyone, filtered, frame, START_MS, type StoreCase } from "./world.ts";

const frames = (count: number): ReturnType<typeof frame>[] =>
  Array.from({ length: count }, (_, id) => frame({ id }));

/** How many subscriptions a connection, and a frame, may have. */
export const limitCases: readonly StoreCase[] = [
  {
    name: "a full connection refuses, and takes again after a stop",
    maxSubscriptionsPerConnection: 2,
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      await subscribe(connection, frame({ id: 1 }));
      await subscribe(connection, frame({ id: 2 }));
      assert.deepEqual(await store.subscribe(connection, [frame({ id: 3 })]), [
        { status: "limit", maxSubscriptions: 2 },
      ]);
      assert.deepEqual(await subscribe(connection, frame({ id: 2 })), ["active"]);
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS });
      assert.deepEqual(await subscribe(connection, frame({ id: 3 })), ["active"]);
      assert.deepEqual(await subscribe(connection, frame({ id: 4 })), ["limit"]);
      assert.equal(await rows(), 2);
      assert.deepEqual(await subscribe(await connect("another"), frame()), ["active"]);
    },
  },
  {
    name: "of a frame the first ones that fit are stored",
    maxSubscriptionsPerConnection: 3,
    async run({ store, connect, subscribe, find }) {
      const connection = await connect("c");
      assert.deepEqual(await subscribe(connection, ...frames(5)), [
        ...Array.from({ length: 3 }, () => "active"),
        ...Array.from({ length: 2 }, () => "limit"),
      ]);
      assert.deepEqual(await find({}), ["c/0", "c/1", "c/2"]);
      await store.stop({ connectionId: "c", id: 0, requestTimeMs: START_MS });
      assert.deepEqual(
        await subscribe(connection, frame({ id: 2 }), frame({ id: 3 }), frame({ id: 4 })),
        ["active", "active", "limit"],
      );
      assert.deepEqual(await find({}), ["c/1", "c/2", "c/3"]);
    },
  },
  {
    name: "a connection may come and go as often as it likes",
    maxSubscriptionsPerConnection: 2,
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      for (let id = 0; id < 15; id += 1) {
        assert.deepEqual(await subscribe(connection, frame({ id })), ["active"]);
        await store.stop({ connectionId: "c", id, requestTimeMs: START_MS });
      }
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "a frame may be larger than one transaction",
    async run({ rows, connect, subscribe, find }) {
      const connection = await connect("c");
      const filters = ["a", "b"].map((name) => filtered(name, [["v", 1]]));
      const many = frames(60).map((one) => ({ ...one, routes: [everyone, ...filters] }));
      const outcomes = await subscribe(connection, ...many);
      assert.deepEqual(new Set(outcomes), new Set(["active"]));
      assert.equal((await find({})).length, 60);
      assert.equal(await rows(), 180);
    },
  },
  {
    name: "200 subscriptions at once: exactly 100 are stored",
    async run({ rows, connect, subscribe, find }) {
      const connection = await connect("c");
      const outcomes = await Promise.all(frames(200).map((one) => subscribe(connection, one)));
      const active = outcomes.flatMap(([status], id) => (status === "active" ? [`c/${id}`] : []));
      assert.equal(active.length, 100);
      assert.equal(outcomes.filter(([status]) => status === "limit").length, 100);
      assert.deepEqual(await find({}), active.toSorted());
      assert.equal(await rows(), 100);
    },
  },
  {
    name: "stops and subscriptions at once never exceed the limit",
    maxSubscriptionsPerConnection: 5,
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      await subscribe(connection, ...frames(5));
      await Promise.all([
        ...frames(3).map(({ id }) =>
          store.stop({ connectionId: "c", id, requestTimeMs: START_MS }),
        ),
        ...Array.from({ length: 20 }, (_, index) =>
          subscribe(connection, frame({ id: 100 + index })),
        ),
      ]);
      const stored = await rows();
      assert.ok(stored >= 2 && stored <= 5, `${stored} rows`);
      const more = await Promise.all(
        Array.from({ length: 20 }, (_, index) => subscribe(connection, frame({ id: 200 + index }))),
      );
      assert.equal(more.flat().filter((status) => status === "active").length, 5 - stored);
      assert.equal(await rows(), 5);
    },
  },
];
