import assert from "node:assert/strict";
import type { FilterScalar } from "../../store/filterKeys.ts";
import { API, everyone, filtered, frame, PATH, type StoreCase } from "./world.ts";

const long = "x".repeat(10_000);

/** Values of which no two are equal, though many look it. */
const hostileValues: readonly FilterScalar[] = [
  ...["Bob", "Bobby", "Bob#", "Bob#by", "Bob%", "Bob%23", "Bob ", "bob", "", " ", "#", "##", "%"],
  ...["%23", "%25", "%2523", "name#f#", "connection#c0#subscription#%n1#", "é", "e\u0301", "😀"],
  ...["\u0000", "\uffff", "\u{10ffff}", `${long}1`, `${long}2`, `${long}1#`, "y".repeat(128)],
  ...["y".repeat(129), "y".repeat(127), 1, "1", 1n, "%n1", "%i1", "1n", 0, "0", 0n, -1, 1.5, 1e21],
  ...[10, 10n ** 200n, 10n ** 200n + 1n, null, "null", "%z", true, "true", "%btrue", false],
  ...["false", "undefined", "NaN", Number.MAX_SAFE_INTEGER, Number.MIN_VALUE],
];

/** Who is found by what: nobody too many, nobody missing, nobody twice. */
export const addressCases: readonly StoreCase[] = [
  {
    name: "a value finds exactly those who have it",
    async run({ connect, subscribe, find }) {
      for (const [index, value] of hostileValues.entries()) {
        const routes = [filtered("f", [["v", value]], [["w", value]])];
        const connection = await connect(`c${index}`);
        assert.deepEqual(await subscribe(connection, frame({ routes })), ["active"]);
      }
      for (const [index, value] of hostileValues.entries()) {
        const expected = [`c${index}/1`];
        const whole = filtered("f", [["v", value]], [["w", value]]);
        assert.deepEqual(await find(whole), expected, `v and w = ${String(value).slice(0, 40)}`);
        const part = filtered("f", [["v", value]]);
        assert.deepEqual(await find(part), expected, `v = ${String(value).slice(0, 40)}`);
      }
      assert.deepEqual(await find(filtered("f", [["v", "B"]])), []);
      assert.deepEqual(
        await find(filtered("f", [["v", -0]])),
        await find(filtered("f", [["v", 0]])),
      );
    },
  },
  {
    name: "a filter's name, field names and their order are part of the address",
    async run({ connect, subscribe, find }) {
      const addresses = [
        filtered("n", [["a", 1]]),
        filtered("nn", [["a", 1]]),
        filtered("n#", [["a", 1]]),
        filtered("b", [
          ["a", 1],
          ["b", 2],
        ]),
        filtered("b2", [["a", 1]], [["b", 2]]),
        filtered(
          "b3",
          [],
          [
            ["a", 1],
            ["b", 2],
          ],
        ),
        filtered("b4", [["a", "1#b#2"]]),
      ];
      for (const [index, address] of addresses.entries()) {
        await subscribe(await connect(`c${index}`), frame({ routes: [address] }));
      }
      for (const [index, address] of addresses.entries()) {
        assert.deepEqual(await find(address), [`c${index}/1`]);
      }
    },
  },
  {
    name: "ctx values alone find every input, and no other ctx",
    async run({ connect, subscribe, find }) {
      const subscribers = [
        ["u1", "a"],
        ["u1", "b"],
        ["u1", "a#b"],
        ["u10", "a"],
        ["u", "a"],
      ] as const;
      for (const [index, [user, room]] of subscribers.entries()) {
        const routes = [everyone, filtered("f", [["user", user]], [["room", room]])];
        await subscribe(await connect(`c${index}`), frame({ routes }));
      }
      assert.deepEqual(await find(filtered("f", [["user", "u1"]])), ["c0/1", "c1/1", "c2/1"]);
      assert.deepEqual(await find(filtered("f", [["user", "u10"]])), ["c3/1"]);
      assert.deepEqual(await find(filtered("f", [["user", "u"]], [["room", "a"]])), ["c4/1"]);
    },
  },
  {
    name: "without a filter everybody is found once, however many filters there are",
    async run({ connect, subscribe, find }) {
      const filters = ["a", "b", "c"].map((name) => filtered(name, [["v", name]]));
      for (const connectionId of ["c1", "c2"]) {
        const routes = [everyone, ...filters];
        const connection = await connect(connectionId);
        await subscribe(connection, frame({ id: 1, routes }), frame({ id: 2, routes }));
      }
      assert.deepEqual(await find({}), ["c1/1", "c1/2", "c2/1", "c2/2"]);
    },
  },
  {
    name: "a path is not found by another one",
    async run({ connect, subscribe, find }) {
      const paths = ["a", "a.b", "a.b.c", "a#1", "a%231", "a.", "x".repeat(300), "x".repeat(301)];
      for (const [index, path] of paths.entries()) {
        await subscribe(await connect(`c${index}`), frame({ path, routes: [{ path }] }));
      }
      for (const [index, path] of paths.entries()) {
        assert.deepEqual(await find({ path }), [`c${index}/1`]);
        assert.deepEqual(await find({ path, shards: 3 }), [`c${index}/1`]);
      }
      assert.deepEqual(await find({ path: PATH }), []);
    },
  },
  {
    name: "connections of another API or stage are left out",
    async run({ connect, subscribe, find }) {
      const apis = [API, { ...API, stage: "dev" }, { ...API, apiId: "other" }];
      for (const [index, api] of apis.entries()) {
        await subscribe(await connect(`c${index}`, { api }), frame());
      }
      for (const [index, api] of apis.entries()) {
        assert.deepEqual(await find({ api }), [`c${index}/1`]);
      }
      assert.deepEqual(await find({ api: { ...API, stage: "none" } }), []);
      assert.deepEqual(await find({}), ["c0/1", "c1/1", "c2/1"]);
    },
  },
];
