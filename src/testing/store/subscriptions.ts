import assert from "node:assert/strict";
import type { Route } from "../../store/types.ts";
import { everyone, filtered, frame, PATH, START_MS, type StoreCase } from "./world.ts";

/** One subscription's life without races. */
export const subscriptionCases: readonly StoreCase[] = [
  {
    name: "a subscription is found with everything a publisher needs",
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("L0SM9cOFvHcCIhw=");
      const routes = [everyone, filtered("byUser", [["userId", "u1"]])];
      const sent = frame({ id: "a#b%", jsonrpc: true, requestTimeMs: START_MS + 7, routes });
      assert.deepEqual(await subscribe(connection, sent), ["active"]);
      assert.equal(await rows(), 2);
      for (const address of routes) {
        const found: Route[] = [];
        for await (const page of store.findRoutes({ ...address, shards: 1 })) found.push(...page);
        assert.equal(found.length, 1);
        assert.deepEqual(found[0]?.subscriber, {
          connectionId: "L0SM9cOFvHcCIhw=",
          id: "a#b%",
          jsonrpc: true,
        });
        assert.equal(found[0]?.requestTimeMs, START_MS + 7);
      }
    },
  },
  {
    name: "a stop removes the subscription and says what it was",
    async run({ store, rows, connect, subscribe, find }) {
      const connection = await connect("c");
      const routes = [everyone, filtered("a", [["v", 1]]), filtered("b", [["v", 1]])];
      await subscribe(connection, frame({ routes, hookState: '{"input":1}' }));
      const stored = {
        connectionId: "c",
        id: 1,
        requestTimeMs: START_MS,
        path: PATH,
        hookState: '{"input":1}',
      };
      assert.deepEqual(await store.getSubscriptions([{ connectionId: "c", id: 1 }]), [stored]);
      const request = { connectionId: "c", id: 1, requestTimeMs: START_MS + 1 };
      assert.deepEqual(await store.stop(request), stored);
      assert.equal(await rows(), 0);
      assert.deepEqual(await find({}), []);
      assert.deepEqual(await store.getSubscriptions([{ connectionId: "c", id: 1 }]), []);
      assert.equal(await store.stop(request), undefined);
    },
  },
  {
    name: "a disconnect removes every subscription and says which were live",
    async run({ store, rows, connect, subscribe, find }) {
      const [leaving, staying] = [await connect("leaving"), await connect("staying")];
      const routes = [everyone, filtered("a", [["v", 1]])];
      await subscribe(
        leaving,
        frame({ id: 1, routes }),
        frame({ id: 2, routes: [...routes, filtered("b", [["v", 2]])], hookState: "x" }),
        frame({ id: 3, routes: [] }),
        frame({ id: 4, routes }),
      );
      await subscribe(staying, frame({ routes }));
      await store.stop({ connectionId: "leaving", id: 4, requestTimeMs: START_MS });
      const live = await store.disconnect("leaving");
      assert.deepEqual(
        live.toSorted((a, b) => Number(a.id) - Number(b.id)),
        [
          { connectionId: "leaving", id: 1, requestTimeMs: START_MS, path: PATH },
          { connectionId: "leaving", id: 2, requestTimeMs: START_MS, path: PATH, hookState: "x" },
          { connectionId: "leaving", id: 3, requestTimeMs: START_MS, path: PATH },
        ],
      );
      assert.equal(await rows(), 2);
      assert.deepEqual(await find({}), ["staying/1"]);
      await store.disconnect("leaving");
      assert.equal(await rows(), 2);
    },
  },
  {
    name: '1 and "1" are two ids',
    async run({ store, connect, subscribe, find }) {
      const connection = await connect("c");
      assert.deepEqual(await subscribe(connection, frame({ id: 1 }), frame({ id: "1" })), [
        "active",
        "active",
      ]);
      assert.deepEqual(await find({}), ['c/"1"', "c/1"]);
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS });
      assert.deepEqual(await find({}), ['c/"1"']);
      const both = ["1", 1].map((id) => ({ connectionId: "c", id }));
      assert.deepEqual(await store.getSubscriptions(both), [
        { connectionId: "c", id: "1", requestTimeMs: START_MS, path: PATH },
      ]);
    },
  },
  {
    name: "a subscription without routes is stored and stopped like any other",
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      assert.deepEqual(await subscribe(connection, frame({ routes: [] })), ["active"]);
      assert.equal(await rows(), 0);
      assert.deepEqual(await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS }), {
        connectionId: "c",
        id: 1,
        requestTimeMs: START_MS,
        path: PATH,
      });
    },
  },
  {
    name: "getSubscriptions reads any number, each once",
    maxSubscriptionsPerConnection: 150,
    async run({ store, connect, subscribe }) {
      const connection = await connect("c");
      const ids = Array.from({ length: 130 }, (_, index) => index);
      await subscribe(connection, ...ids.map((id) => frame({ id, routes: [] })));
      const asked = [...ids, ...ids, 999].map((id) => ({ connectionId: "c", id }));
      const found = await store.getSubscriptions(asked);
      assert.deepEqual(
        found.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
        ids,
      );
      assert.deepEqual(await store.getSubscriptions([]), []);
      assert.deepEqual(await store.subscribe(connection, []), []);
    },
  },
];
