import assert from "node:assert/strict";
import { END_SECONDS, filtered, frame, START_MS, type StoreCase } from "./world.ts";

/** Rows that have expired are as good as gone, though the table still has them. */
export const expiryCases: readonly StoreCase[] = [
  {
    name: "everything counts until the last second",
    async run({ store, clock, rows, connect, subscribe, find }) {
      const connection = await connect("c");
      await subscribe(connection, frame());
      clock.nowMs = END_SECONDS * 1000 - 1;
      assert.notEqual(await store.getConnection("c"), undefined);
      assert.deepEqual(await find({}), ["c/1"]);
      assert.deepEqual(await subscribe(connection, frame({ id: 2 })), ["active"]);
      assert.equal((await store.getSubscriptions([{ connectionId: "c", id: 1 }])).length, 1);
      assert.equal(await rows(), 2);
    },
  },
  {
    name: "nothing counts after it",
    async run({ store, clock, rows, connect, subscribe, find }) {
      const connection = await connect("c", { paramsExpected: true });
      const address = filtered("a", [["v", 1]]);
      await subscribe(connection, frame({ routes: [{ path: address.path }, address] }));
      clock.nowMs = END_SECONDS * 1000;
      assert.equal(await store.getConnection("c"), undefined);
      assert.deepEqual(await find({}), []);
      assert.deepEqual(await find(address), []);
      assert.deepEqual(await store.getSubscriptions([{ connectionId: "c", id: 1 }]), []);
      assert.equal(await store.setConnectionParams("c", null), "refused");
      assert.deepEqual(await subscribe(connection, frame({ id: 2 })), ["closed"]);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "what has expired is not reported as live",
    async run({ store, clock, connect, subscribe }) {
      const connection = await connect("c");
      await subscribe(connection, frame({ id: 1 }), frame({ id: 2 }));
      clock.nowMs = END_SECONDS * 1000;
      const requestTimeMs = clock.nowMs;
      assert.equal(await store.stop({ connectionId: "c", id: 1, requestTimeMs }), undefined);
      assert.deepEqual(await store.disconnect("c"), []);
    },
  },
  {
    name: "an expired connection makes way for a new one, and its subscriptions too",
    async run({ store, clock, connect, subscribe, find }) {
      await subscribe(await connect("c", { session: "old" }), frame());
      clock.nowMs = END_SECONDS * 1000;
      const expireAt = END_SECONDS + 3600;
      const connection = await connect("c", { session: "new", expireAt });
      assert.equal(connection.session, "new");
      assert.deepEqual(await subscribe(connection, frame({ messageId: "m2" })), ["active"]);
      assert.deepEqual(await find({}), ["c/1"]);
      const stored = await store.getSubscriptions([{ connectionId: "c", id: 1 }]);
      assert.equal(stored.length, 1);
    },
  },
  {
    name: "an expired subscription does not outdo a stop",
    async run({ store, clock, rows, connect, subscribe }) {
      await subscribe(await connect("c"), frame({ requestTimeMs: START_MS + 10 }));
      clock.nowMs = END_SECONDS * 1000;
      const connection = await connect("c", { expireAt: END_SECONDS + 3600 });
      const requestTimeMs = START_MS + 5;
      assert.equal(await store.stop({ connectionId: "c", id: 1, requestTimeMs }), undefined);
      const late = frame({ messageId: "m2", requestTimeMs });
      assert.deepEqual(await subscribe(connection, late), ["stale"]);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "expired subscriptions take no room",
    maxSubscriptionsPerConnection: 1,
    async run({ clock, connect, subscribe }) {
      await subscribe(await connect("c"), frame({ id: 1 }));
      clock.nowMs = END_SECONDS * 1000;
      const connection = await connect("c", { expireAt: END_SECONDS + 3600 });
      assert.deepEqual(await subscribe(connection, frame({ id: 2 })), ["active"]);
      assert.deepEqual(await subscribe(connection, frame({ id: 3 })), ["limit"]);
    },
  },
  {
    name: "the trace of a stop outlives the longest Lambda",
    async run({ store, clock, rows, connect, subscribe }) {
      const connection = await connect("c");
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS });
      clock.nowMs += 15 * 60 * 1000;
      assert.deepEqual(await subscribe(connection, frame()), ["stale"]);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "the trace of a disconnect outlives the longest Lambda",
    async run({ store, clock, connect }) {
      const connection = await connect("another");
      await store.disconnect("c");
      clock.nowMs += 15 * 60 * 1000;
      await store.connect({ ...connection, connectionId: "c" });
      assert.equal(await store.getConnection("c"), undefined);
    },
  },
];
