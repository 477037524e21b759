import assert from "node:assert/strict";
import { everyone, filtered, frame, START_MS, type StoreCase } from "./world.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const a = (value: string): ReturnType<typeof filtered> => filtered("a", [["v", value]]);
const b = (value: string): ReturnType<typeof filtered> => filtered("b", [["v", value]]);

/** Several filters that must find each subscription once. */
export const unionCases: readonly StoreCase[] = [
  {
    name: "who can be found by another filter too is left out",
    async run({ connect, subscribe, find }) {
      const subscribers = {
        onlyA: [a("1")],
        onlyB: [b("1")],
        both: [a("1"), b("1")],
        bothOtherA: [a("10"), b("1")],
        bothHashA: [a("1#"), b("1")],
        bothOtherB: [a("1"), b("2")],
        all: [everyone, a("1"), b("1")],
        otherPath: [{ path: "another", filter: a("1").filter }, b("1")],
      };
      for (const [name, routes] of Object.entries(subscribers)) {
        await subscribe(await connect(name), frame({ routes }));
      }
      const notByA = ["bothHashA/1", "bothOtherA/1", "onlyB/1", "otherPath/1"];
      assert.deepEqual(await find({ ...b("1"), except: [a("1").filter] }), notByA);
      assert.deepEqual(await find({ ...b("1"), except: [a("1").filter, a("10").filter] }), [
        "bothHashA/1",
        "onlyB/1",
        "otherPath/1",
      ]);
      assert.deepEqual(await find({ ...b("1"), except: [filtered("a", []).filter] }), [
        "onlyB/1",
        "otherPath/1",
      ]);
      assert.deepEqual(await find({ except: [b("2").filter] }), ["all/1"]);
      assert.deepEqual(await find({ except: [a("1").filter] }), []);
      assert.deepEqual(await find({ ...b("2"), except: [] }), ["bothOtherB/1"]);
    },
  },
  {
    name: "the filters of a union together find everybody once",
    maxSubscriptionsPerConnection: 100,
    async run({ store, connect, subscribe }) {
      const shards = 3;
      const filters = ["x", "y", "z"].map((name) => filtered(name, [["v", 1]]));
      const expected: string[] = [];
      for (const n of numbers(12)) {
        const frames = numbers(60).map((id) => {
          const routes = [everyone, ...filters.filter((_, index) => ((id + n) >> index) % 2 === 1)];
          if (routes.length > 1) expected.push(`c${n}/${id}`);
          return frame({ id, shards, routes });
        });
        await subscribe(await connect(`c${n}`), ...frames);
      }
      const found: string[] = [];
      for (const [index, address] of filters.entries()) {
        const except = filters.slice(0, index).map(({ filter }) => filter);
        for await (const page of store.findRoutes({ ...address, shards, except })) {
          found.push(
            ...page.map(({ subscriber }) => `${subscriber.connectionId}/${subscriber.id}`),
          );
        }
      }
      assert.deepEqual(found.toSorted(), expected.toSorted());
    },
  },
  {
    name: "an id that is used again is left out by what it is found by now",
    async run({ store, connect, subscribe, find }) {
      const connection = await connect("c");
      await subscribe(connection, frame({ routes: [a("1"), b("1")] }));
      await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS + 1 });
      const again = { messageId: "m2", requestTimeMs: START_MS + 2 };
      await subscribe(connection, frame({ ...again, routes: [b("1")] }));
      assert.deepEqual(await find({ ...b("1"), except: [a("1").filter] }), ["c/1"]);
      assert.deepEqual(await find({ ...a("1"), except: [b("1").filter] }), []);
    },
  },
];
