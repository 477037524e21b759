import { describe, expect, test } from "vitest";
import { storeOn } from "../../src/store/dynamodb/dynamodb.ts";
import { keysOf } from "../../src/store/keys.ts";
import type { Store } from "../../src/store/types.ts";
import { frame, type World, worldOf } from "../../src/testing/store/world.ts";
import { storeContract } from "../../src/testing/storeContract.ts";
import { simulatedClient } from "../reliability/simulation/dynamoClient.ts";
import { Steps } from "../reliability/simulation/steps.ts";
import { SimulatedTable } from "../reliability/simulation/table.ts";
import { dynamoWorld } from "./dynamoWorld.ts";

function storeIn(table: SimulatedTable, now: () => number, maxSubscriptions = 100): Store {
  return storeOn({
    tableName: "table",
    client: simulatedClient({ table, steps: new Steps() }),
    keys: keysOf(undefined),
    maxSubscriptions,
    ttlSeconds: undefined,
    now,
  });
}

describe("the store on a simulated table", () => {
  storeContract({
    test,
    create: async ({ now, maxSubscriptionsPerConnection }) => {
      const table = new SimulatedTable();
      const isLiveRoute = ({ pk, expireAt }: Readonly<Record<string, unknown>>): boolean =>
        String(pk).startsWith("path#") && Number(expireAt) > Math.floor(now() / 1000);
      return {
        store: storeIn(table, now, maxSubscriptionsPerConnection),
        rows: async () => [...table.items()].filter(isLiveRoute).length,
      };
    },
  });
});

/** What the simulation leaves behind must be what the emulator does, attribute by attribute. */
test("a life leaves the same items in the simulated table and in the emulator", async () => {
  const maxSubscriptionsPerConnection = 3;
  const real = await dynamoWorld({ maxSubscriptionsPerConnection });
  const { clock } = real;
  const table = new SimulatedTable();
  const store = storeIn(table, () => clock.nowMs, maxSubscriptionsPerConnection);
  const simulated = worldOf({ store, rows: async () => 0 }, clock);
  const live = async ({ store, connect, subscribe }: World): Promise<void> => {
    const connection = await connect("c", { paramsExpected: true, session: "{}" });
    await store.setConnectionParams("c", { token: "t" });
    await subscribe(connection, frame({ id: 1 }), frame({ id: "1", hookState: "x" }));
    await subscribe(connection, frame({ id: 2, messageId: "m2" }));
    await store.stop({ connectionId: "c", id: 1, requestTimeMs: clock.nowMs + 1 });
    await subscribe(connection, frame({ id: 1, requestTimeMs: clock.nowMs + 2, messageId: "m3" }));
    await store.disconnect((await connect("d")).connectionId);
    await store.disconnect("unknown");
    const claim = { fanOutId: "f", part: "1", end: "", leaseUntil: 1, expireAt: 2e9 };
    await store.fanOuts.keep("f", "text", 2e9);
    await store.fanOuts.finish(claim);
  };
  await live(simulated);
  await live(real);
  const order = (item: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(Object.entries(item).toSorted());
  const items = [...table.items()].map(order).toSorted();
  expect(items.length).toBeGreaterThan(8);
  expect((await real.table.rows()).map(order).toSorted()).toEqual(items);
});
