import type { FanOutQueue } from "trpc-aws-subscriptions";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { gatewayClient } from "../stack.ts";
import { newestVersion } from "../trpcVersion.ts";
import { startFeeds, textsOnce } from "./feed.ts";

interface Batch {
  readonly messages: readonly string[];
}

/** A queue whose messages wait until a test hands them to a worker. */
class HeldQueue implements FanOutQueue<Batch, void> {
  readonly threshold = 0;
  readonly maxMessageBytes = 100_000;
  readonly messages: string[] = [];

  async send(messages: readonly string[]): Promise<void> {
    this.messages.push(...messages);
  }

  async receive({ messages }: Batch, work: Parameters<FanOutQueue["receive"]>[1]): Promise<void> {
    for (const body of messages) await work({ id: body, body, receiveCount: 1 });
  }
}

/** Bob in a room, and posts of "late" that fail while `isBroken`. */
async function start() {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
  const queue = new HeldQueue();
  const state = { isBroken: false };
  const feeds = await startFeeds({
    publisher: { maxAttempts: 1 },
    gateway: {
      onPost: (_, body) =>
        state.isBroken && body.includes("late") ? { statusCode: 500 } : undefined,
    },
  });
  const { endpoint } = feeds.gateway;
  const client = gatewayClient(endpoint);
  onTestFinished(() => client.destroy());
  const options = { endpoint, client, maxAttempts: 1, fanOut: queue };
  const { publish } = feeds.chain.publisher(options).routes.onMessage;
  const worker = feeds.chain.fanOutHandler(options);
  const bob = feeds.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  return {
    ...{ feeds, bob, queue, state },
    work: (...messages: readonly string[]) => worker({ messages }),
    sendLate: () => publish({ data: "late", filter: { name: "byRoom", input: { room: "a" } } }),
    cursors: async () =>
      (await feeds.table.rows())
        .filter(({ pk, text }) => pk.startsWith("event#") && String(text).includes("late"))
        .map(({ sk }) => sk),
  };
}

const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

describe("an event that is posted a minute late is for those too who have got later events and drop just then", () => {
  it("by a worker", async () => {
    const { feeds, bob, queue, state, work, sendLate } = await start();
    const { eventId, queued } = await sendLate();
    expect(queued).toBe(true);
    later(60_000);
    await feeds.say("a", "newer");
    await bob.received(1);
    state.isBroken = true;
    await work(...queue.messages);
    state.isBroken = false;
    while (textsOnce(bob.data).length < 2) await bob.received(bob.data.length + 1);
    expect(textsOnce(bob.data).toSorted()).toEqual(["late", "newer"]);
    expect(bob.data.find(({ data }) => data === "late")?.id).toBe(eventId);
  });

  it("by `resume`", async () => {
    const { feeds, bob, state } = await start();
    const { cursor } = await feeds.publisher.routes.onMessage.publish({
      data: "late",
      filter: { name: "byRoom", input: { room: "a" } },
      signal: AbortSignal.abort(),
    });
    expect(bob.data).toEqual([]);
    later(60_000);
    await feeds.say("a", "newer");
    await bob.received(1);
    state.isBroken = true;
    expect(await feeds.publisher.resume(cursor ?? "")).toMatchObject({ failed: 1 });
    state.isBroken = false;
    while (textsOnce(bob.data).length < 2) await bob.received(bob.data.length + 1);
    expect(textsOnce(bob.data).toSorted()).toEqual(["late", "newer"]);
  });

  it("by `resume`, with what `onData` makes of it", async () => {
    const { feeds, state } = await start();
    const ann = feeds.listen("ann", newestVersion);
    await ann.started;
    const { publish } = feeds.publisher.routes.onShout;
    const { cursor } = await publish({ data: "late", signal: AbortSignal.abort() });
    later(60_000);
    await publish({ data: "newer" });
    await ann.received(1);
    state.isBroken = true;
    expect(await feeds.publisher.resume(cursor ?? "")).toMatchObject({ failed: 1 });
    state.isBroken = false;
    while (textsOnce(ann.data).length < 2) await ann.received(ann.data.length + 1);
    expect(textsOnce(ann.data).toSorted()).toEqual(["ann: late", "ann: newer"]);
  });
});

it("an event for nobody is kept nowhere, however late its publish is resumed", async () => {
  const { feeds } = await start();
  const { cursor } = await feeds.publisher.routes.onMessage.publish({
    data: "late",
    filter: [],
    signal: AbortSignal.abort(),
  });
  later(60_000);
  const nobody = { matched: 0, delivered: 0, complete: true };
  expect(await feeds.publisher.resume(cursor ?? "")).toMatchObject(nobody);
});

it("workers who come late at about the same time keep an event under one new cursor, those in time under none", async () => {
  const { queue, work, sendLate, cursors } = await start();
  // A tenth of a second behind a full ten seconds, by which late ones are rounded.
  vi.setSystemTime(Math.ceil(Date.now() / 10_000) * 10_000 + 100);
  const { eventId } = await sendLate();
  const [message = ""] = queue.messages;
  later(9_000);
  await work(message);
  expect(await cursors()).toEqual([eventId]);
  await sendLate();
  const [, second = ""] = queue.messages;
  const before = await cursors();
  later(55_000);
  await work(second);
  later(5_000);
  await work(second);
  const added = (await cursors()).filter((cursor) => !before.includes(cursor));
  expect(added).toHaveLength(1);
});
