import assert from "node:assert/strict";
import { API, END_SECONDS, frame, START_MS, type StoreCase } from "./world.ts";

/** Opening, closing, `connectionParams`. */
export const connectionCases: readonly StoreCase[] = [
  {
    name: "a connection is read as it was stored",
    async run({ store, connect }) {
      const plain = await connect("plain");
      assert.deepEqual(plain, {
        connectionId: "plain",
        api: API,
        connectedAt: START_MS,
        expireAt: END_SECONDS,
        paramsExpected: false,
      });
      const session = JSON.stringify({ userId: "user #1", roles: [] });
      const full = await connect("full", { session, paramsExpected: true });
      assert.deepEqual(full, { ...plain, connectionId: "full", session, paramsExpected: true });
      assert.equal(await store.getConnection("unknown"), undefined);
    },
  },
  {
    name: "a repeated connect leaves the connection alone",
    async run({ store, connect }) {
      await connect("c", { session: "first", paramsExpected: true });
      await store.setConnectionParams("c", { token: "t" });
      const again = await connect("c", { session: "second", paramsExpected: true });
      assert.equal(again.session, "first");
      assert.deepEqual(again.connectionParams, { token: "t" });
    },
  },
  {
    name: "a disconnect that overtakes connect wins",
    async run({ store, rows, connect, subscribe }) {
      const another = await connect("another");
      assert.deepEqual(await store.disconnect("c"), []);
      await store.connect({ ...another, connectionId: "c" });
      assert.equal(await store.getConnection("c"), undefined);
      assert.deepEqual(await subscribe({ ...another, connectionId: "c" }, frame()), ["closed"]);
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "a closed connection stays closed",
    async run({ store, rows, connect, subscribe }) {
      const connection = await connect("c", { paramsExpected: true });
      await store.disconnect("c");
      await store.connect(connection);
      assert.equal(await store.getConnection("c"), undefined);
      assert.deepEqual(await subscribe(connection, frame(), frame({ id: 2 })), [
        "closed",
        "closed",
      ]);
      assert.equal(await store.setConnectionParams("c", null), "refused");
      assert.equal(await rows(), 0);
    },
  },
  {
    name: "the first connectionParams are kept",
    async run({ store, connect }) {
      await connect("c", { paramsExpected: true });
      const params = { token: "secret", "": "empty name", lang: "" };
      assert.equal(await store.setConnectionParams("c", params), "stored");
      assert.equal(await store.setConnectionParams("c", { token: "other" }), "duplicate");
      assert.equal(await store.setConnectionParams("c", "invalid"), "duplicate");
      assert.deepEqual((await store.getConnection("c"))?.connectionParams, params);
    },
  },
  {
    name: "connectionParams may be null, or invalid, which is not the same as a text",
    async run({ store, connect }) {
      for (const params of [null, "invalid", { invalid: "invalid" }] as const) {
        const connectionId = JSON.stringify(params);
        await connect(connectionId, { paramsExpected: true });
        assert.equal(await store.setConnectionParams(connectionId, params), "stored");
        const stored = await store.getConnection(connectionId);
        assert.deepEqual(stored?.connectionParams, params);
        assert.equal(await store.setConnectionParams(connectionId, null), "duplicate");
      }
    },
  },
  {
    name: "connectionParams that nobody announced are refused",
    async run({ store, connect }) {
      await connect("c");
      assert.equal(await store.setConnectionParams("c", { token: "t" }), "refused");
      assert.equal(await store.setConnectionParams("unknown", { token: "t" }), "refused");
      assert.equal(await store.getConnection("unknown"), undefined);
      assert.equal("connectionParams" in ((await store.getConnection("c")) ?? {}), false);
    },
  },
  {
    name: "of connectionParams that arrive at once one is stored",
    async run({ store, connect }) {
      await connect("c", { paramsExpected: true });
      const outcomes = await Promise.all(
        ["1", "2", "3", "4"].map((token) => store.setConnectionParams("c", { token })),
      );
      assert.deepEqual(outcomes.toSorted(), ["duplicate", "duplicate", "duplicate", "stored"]);
      const stored = await store.getConnection("c");
      assert.deepEqual(stored?.connectionParams, { token: String(outcomes.indexOf("stored") + 1) });
    },
  },
];
