import assert from "node:assert/strict";
import { everyone, filtered, frame, START_MS, type StoreCase } from "./world.ts";

const ROUNDS = 20;
const rounds = Array.from({ length: ROUNDS }, (_, round) => `c${round}`);

/** Frames that are handled out of order, twice, or at once. */
export const raceCases: readonly StoreCase[] = [
  {
    name: "a stop that overtakes its subscription wins, in the same millisecond too",
    async run({ store, rows, connect, subscribe }) {
      for (const [connectionId, later] of [["c1", 1] as const, ["c2", 0] as const]) {
        const connection = await connect(connectionId);
        const requestTimeMs = START_MS + later;
        assert.equal(await store.stop({ connectionId, id: 1, requestTimeMs }), undefined);
        assert.deepEqual(await subscribe(connection, frame()), ["stale"]);
      }
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "an id may be used again after its stop",
    async run({ store, rows, connect, subscribe, find }) {
      const connection = await connect("c");
      const old = filtered("a", [["v", "old"]]);
      const fresh = filtered("a", [["v", "fresh"]]);
      await subscribe(connection, frame({ routes: [everyone, old] }));
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS + 10 });
      const again = { messageId: "message-2", routes: [everyone, fresh] };
      const early = frame({ ...again, requestTimeMs: START_MS + 10 });
      assert.deepEqual(await subscribe(connection, early), ["stale"]);
      const late = frame({ ...again, requestTimeMs: START_MS + 11 });
      assert.deepEqual(await subscribe(connection, late), ["active"]);
      assert.deepEqual(await find({}), ["c/1"]);
      assert.deepEqual(await find(fresh), ["c/1"]);
      assert.deepEqual(await find(old), []);
      assert.equal(await rows(), 2);
    },
  },
  {
    name: "a late stop does not end the subscription that uses the id again",
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      const stop = { connectionId: "c", id: 1, requestTimeMs: START_MS + 1 };
      await subscribe(connection, frame());
      await store.stop(stop);
      await subscribe(connection, frame({ messageId: "m2", requestTimeMs: START_MS + 2 }));
      assert.equal(await store.stop(stop), undefined);
      assert.equal(await rows(), 1);
      assert.equal((await store.getSubscriptions([stop])).length, 1);
    },
  },
  {
    name: "a live id is not taken over",
    async run({ rows, connect, subscribe, find }) {
      const connection = await connect("c");
      const [first, other] = [filtered("a", [["v", 1]]), filtered("a", [["v", 2]])];
      await subscribe(connection, frame({ routes: [first] }));
      for (const [later, outcome] of [
        [1, "duplicate"],
        [0, "duplicate"],
        [-1, "stale"],
      ] as const) {
        const requestTimeMs = START_MS + later;
        const second = frame({ messageId: "m2", requestTimeMs, routes: [other] });
        assert.deepEqual(await subscribe(connection, second), [outcome]);
      }
      assert.deepEqual(await find(first), ["c/1"]);
      assert.deepEqual(await find(other), []);
      assert.equal(await rows(), 1);
    },
  },
  {
    name: "a repeated invocation changes nothing",
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c");
      const frames = [frame({ id: 1 }), frame({ id: 2 }), frame({ id: 1 })];
      const outcomes = ["active", "active", "duplicate"];
      assert.deepEqual(await subscribe(connection, ...frames), outcomes);
      assert.deepEqual(await subscribe(connection, ...frames), outcomes);
      assert.equal(await rows(), 2);
      assert.deepEqual(await store.subscribe(connection, frames.slice(0, 1)), [
        { status: "active", repeated: true },
      ]);
      await store.stop({ connectionId: "c", id: 2, requestTimeMs: START_MS + 1 });
      assert.deepEqual(await subscribe(connection, ...frames), ["active", "stale", "duplicate"]);
      assert.equal(await rows(), 1);
    },
  },
  {
    name: "one that cannot be stored does not keep the others of its frame out",
    async run({ store, rows, connect, subscribe, find }) {
      const connection = await connect("c");
      await subscribe(connection, frame({ id: "taken" }));
      await store.stop({ connectionId: "c", id: "stopped", requestTimeMs: START_MS + 5 });
      await store.stop({ connectionId: "c", id: "used", requestTimeMs: START_MS });
      const batch = ["new", "taken", "stopped", "used", "newer"].map((id) =>
        frame({ id, messageId: "m2", requestTimeMs: START_MS + 1 }),
      );
      assert.deepEqual(await subscribe(connection, ...batch), [
        "active",
        "duplicate",
        "stale",
        "active",
        "active",
      ]);
      assert.deepEqual(await find({}), ['c/"new"', 'c/"newer"', 'c/"taken"', 'c/"used"']);
      assert.equal(await rows(), 4);
    },
  },
  {
    name: "subscription and stop at once leave nothing",
    async run({ store, rows, connect, subscribe }) {
      const routes = [everyone, filtered("a", [["v", 1]])];
      for (const connectionId of rounds) {
        const connection = await connect(connectionId);
        await Promise.all([
          subscribe(connection, frame({ routes })),
          store.stop({ connectionId, id: 1, requestTimeMs: START_MS + 1 }),
        ]);
      }
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "subscription and disconnect at once leave nothing",
    async run({ store, rows, connect, subscribe }) {
      const routes = [everyone, filtered("a", [["v", 1]])];
      for (const connectionId of rounds) {
        const connection = await connect(connectionId);
        await Promise.all([
          subscribe(connection, frame({ routes })),
          store.disconnect(connectionId),
          subscribe(connection, frame({ id: 2, routes }), frame({ id: 3, routes })),
        ]);
      }
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "two invocations of one frame at once are one subscription",
    async run({ rows, connect, subscribe }) {
      for (const connectionId of rounds) {
        const connection = await connect(connectionId);
        const outcomes = await Promise.all([
          subscribe(connection, frame()),
          subscribe(connection, frame()),
        ]);
        assert.deepEqual(outcomes, [["active"], ["active"]]);
      }
      assert.equal(await rows(), ROUNDS);
    },
  },
  {
    name: "two frames of one id at once are one subscription",
    async run({ rows, connect, subscribe }) {
      for (const connectionId of rounds) {
        const connection = await connect(connectionId);
        const outcomes = await Promise.all([
          subscribe(connection, frame({ messageId: "m1" })),
          subscribe(connection, frame({ messageId: "m2" })),
        ]);
        assert.deepEqual(outcomes.flat().toSorted(), ["active", "duplicate"]);
      }
      assert.equal(await rows(), ROUNDS);
    },
  },
  {
    name: "two stops at once: one of them ends the subscription",
    async run({ store, rows, connect, subscribe }) {
      for (const connectionId of rounds) {
        await subscribe(await connect(connectionId), frame());
        const request = { connectionId, id: 1, requestTimeMs: START_MS };
        const ended = await Promise.all([store.stop(request), store.stop(request)]);
        assert.equal(ended.filter((stored) => stored !== undefined).length, 1);
      }
      assert.equal(await rows(), 0);
    },
  },
];
