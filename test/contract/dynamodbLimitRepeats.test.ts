import { expect, test } from "vitest";
import { frame } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";

test("race R5: two invocations of one frame at the limit agree on what was stored", async () => {
  const two = [frame({ id: 3 }), frame({ id: 4 })];
  let others: readonly string[] = [];
  const { bystander, store, subscribe, rows } = await dynamoWorld({
    maxSubscriptionsPerConnection: 3,
    plan: ({ command }) => {
      // The transaction has been refused, and the subscriptions are about to be counted.
      if (command !== "QueryCommand" || others.length > 0) return undefined;
      return {
        before: async () => {
          const connection = await store.getConnection("c");
          if (connection !== undefined) others = await bystander.subscribe(connection, ...two);
        },
      };
    },
  });
  const connection = await bystander.connect("c");
  await bystander.subscribe(connection, frame({ id: 1 }), frame({ id: 2 }));
  // One place is left.
  expect(await subscribe(connection, ...two)).toEqual(["active", "limit"]);
  expect(others).toEqual(["active", "limit"]);
  expect(await rows()).toBe(3);
});
