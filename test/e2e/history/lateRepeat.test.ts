import { expect, it, onTestFinished, vi } from "vitest";
import type { Fault } from "../../contract/observe.ts";
import { newestVersion } from "../trpcVersion.ts";
import { startFeeds, textsOnce } from "./feed.ts";

it("a publish that is repeated late by its key is for those too who have got later events and drop", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  let isDying = true;
  let isBroken = true;
  const feeds = await startFeeds({
    plan: ({ command }): Fault | undefined =>
      isDying && command === "QueryCommand" ? { refuse: new Error("it dies") } : undefined,
    publisher: { maxAttempts: 1 },
    gateway: {
      onPost: (_, body) => (isBroken && body.includes("late") ? { statusCode: 500 } : undefined),
    },
  });
  const { publish } = feeds.publisher.routes.onMessage;
  const bob = feeds.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  const order = {
    data: "late",
    filter: { name: "byRoom", input: { room: "a" } },
    key: "order",
  } as const;
  await expect(publish(order)).rejects.toThrow("it dies");
  isDying = false;
  vi.setSystemTime(Date.now() + 60_000);
  await feeds.say("a", "newer");
  await bob.received(1);
  // Bob's connection is closed for it.
  const { eventId, failed } = await publish(order);
  expect(failed).toBe(1);
  isBroken = false;
  while (textsOnce(bob.data).length < 2) await bob.received(bob.data.length + 1);
  expect(textsOnce(bob.data).toSorted()).toEqual(["late", "newer"]);
  expect(bob.data.find(({ data }) => data === "late")?.id).toBe(eventId);
});
