import {
  ProvisionedThroughputExceededException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { Observer } from "../../src/events/observer.ts";
import type { SubscriptionsEvent } from "../../src/events/types.ts";
import { frame } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import type { Call, Fault, Plan } from "./observe.ts";

/** The first call of a command is met with a fault. */
function first(name: string, fault: (call: Call) => Fault): Plan {
  let isMet = false;
  return (call) => {
    if (isMet || call.command !== name) return undefined;
    isMet = true;
    return fault(call);
  };
}

const details = { $metadata: {}, message: "refused" };
const slow = new ProvisionedThroughputExceededException(details);
const conflict = new TransactionConflictException(details);

const unprocessed = ({ input }: Call): Fault => {
  const name = "UnprocessedItems";
  return { answer: { [name]: input["RequestItems"] } };
};
const unread = ({ input }: Call): Fault => ({ answer: { UnprocessedKeys: input["RequestItems"] } });

test.each<readonly [problem: string, plan: Plan, times: number]>([
  ["a refused query", first("QueryCommand", () => ({ refuse: slow })), 1],
  ["deletes left undone", first("BatchWriteItemCommand", unprocessed), 1],
  ["keys left unread", first("BatchGetItemCommand", unread), 1],
  [
    "a conflict, which is no throttling",
    first("UpdateItemCommand", () => ({ refuse: conflict })),
    0,
  ],
])("%s", async (_, plan, times) => {
  const { store, connect, subscribe } = await dynamoWorld({ plan });
  await subscribe(await connect("c"), frame());
  const events: SubscriptionsEvent[] = [];
  const observer = new Observer((event) => events.push(event), { step: "handler" });
  const work = async (): Promise<void> => {
    await store.getSubscriptions([{ connectionId: "c", id: 1 }]);
    await store.disconnect("c");
  };
  await observer.counting(work).catch(() => undefined);
  // What nobody observes is counted nowhere.
  await work().catch(() => undefined);
  const throttled = { type: "throttled", by: "table", times, step: "handler" };
  expect(events).toEqual(times === 0 ? [] : [throttled]);
});
