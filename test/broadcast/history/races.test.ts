import { expect, it, onTestFinished, vi } from "vitest";
import { until } from "../world.ts";
import { hearing, numbers, tick, upTo } from "./feed.ts";
import { createWorld, memoryEngine } from "./world.ts";

it("what is published between a line's topics and the answer waits for what was missed", async () => {
  const { heard, publisher, drop, gate } = await hearing();
  await publisher.routes.feed.publish(tick(1));
  await until(() => heard.data.length === 1);
  let isAsked = false;
  gate.before = async ({ lastEventId }) => {
    if (lastEventId === undefined) return;
    isAsked = true;
    // The broker brings it before the history is read.
    await publisher.routes.feed.publish(tick(3));
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await drop();
  await publisher.routes.feed.publish(tick(2));
  await heard.start(2);
  expect(isAsked).toBe(true);
  expect(numbers(heard)).toEqual(upTo(3));
});

it("asks what it missed when its topics are confirmed, not before", async () => {
  const { heard, publisher, drop, gate } = await hearing(memoryEngine(20));
  await publisher.routes.feed.publish(tick(1));
  await until(() => heard.data.length === 1);
  let isOver = false;
  gate.before = async ({ lastEventId }) => {
    isOver = lastEventId !== undefined;
  };
  await drop();
  // As close together as can be, until the history was read: one is between any two moments.
  let n = 1;
  while (!isOver || heard.started < 2) {
    await publisher.routes.feed.publish(tick(++n));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await until(() => heard.data.length >= n);
  expect(numbers(heard)).toEqual(upTo(n));
});

it("an event is kept before the broker has it", async () => {
  let messages: readonly unknown[] = [];
  const { publisher, store } = await createWorld(
    memoryEngine(0, (broker) => {
      messages = broker.messages;
    }),
  );
  const sentBefore: number[] = [];
  const keep = store.history.keep.bind(store.history);
  store.history.keep = async (event, signal) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    sentBefore.push(messages.length);
    return keep(event, signal);
  };
  await publisher.routes.feed.publish(tick(1));
  expect(sentBefore).toEqual([0]);
  expect(messages).toHaveLength(1);
});

it("a cut before the first event, and one while the history is asked, lose nothing", async () => {
  const { heard, publisher, drop, gate } = await hearing();
  let cuts = 0;
  gate.before = async ({ lastEventId }) => {
    if (lastEventId === undefined || ++cuts > 2) return;
    await drop();
    await publisher.routes.feed.publish(tick(1 + cuts));
  };
  await drop();
  await publisher.routes.feed.publish(tick(1));
  await heard.start(2);
  await publisher.routes.feed.publish(tick(4));
  await until(() => heard.data.length >= 4);
  expect(cuts).toBe(3);
  expect(numbers(heard)).toEqual(upTo(4));
});

it("an earlier event that comes later than the last one before a cut is sent from the overlap", async () => {
  const { heard, publisher, drop, store } = await hearing();
  const keep = store.history.keep.bind(store.history);
  const gates: (() => void)[] = [];
  store.history.keep = async (event, signal) => {
    if (gates.length === 0) await new Promise<void>((resolve) => gates.push(resolve));
    return keep(event, signal);
  };
  // Its id is made, and then its process is slow.
  const late = publisher.routes.feed.publish(tick(1));
  await until(() => gates.length === 1);
  const madeMs = Date.now();
  // In the same millisecond the overlap would not be needed.
  await until(() => Date.now() > madeMs);
  await publisher.routes.feed.publish(tick(2));
  await until(() => heard.data.length === 1);
  await drop();
  gates[0]?.();
  await late;
  await heard.start(2);
  expect(numbers(heard)).toEqual([2, 1]);
});

it("a server that fails while history is asked is asked again, and nothing is lost", async () => {
  const { heard, publisher, drop, gate, grants } = await hearing();
  await publisher.routes.feed.publish(tick(1));
  let failures = 0;
  gate.before = async ({ lastEventId }) => {
    if (lastEventId !== undefined && ++failures <= 2) throw new Error("the table does not answer");
  };
  await drop();
  await publisher.routes.feed.publish(tick(2));
  await heard.start(2);
  expect(numbers(heard)).toEqual([1, 2]);
  expect(grants.filter(({ lastEventId }) => lastEventId !== undefined)).toHaveLength(3);
});

it("a swap of credentials asks nothing of the history", async () => {
  const { heard, publisher, grants, links } = await hearing(memoryEngine(1));
  for (let n = 1; n <= 20; n++) {
    if (n % 5 === 0) links[0]?.renew();
    await publisher.routes.feed.publish(tick(n));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await until(() => heard.data.length >= 20);
  expect(numbers(heard)).toEqual(upTo(20));
  expect(grants.length).toBeGreaterThan(1);
  expect(grants.filter(({ lastEventId }) => lastEventId !== undefined)).toEqual([]);
});

it("who is silent for hours, and renews meanwhile, is told of no gap after a cut", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { heard, publisher, drop, grants, links } = await hearing();
  await publisher.routes.feed.publish(tick(1));
  for (let hour = 1; hour <= 8; hour++) {
    vi.setSystemTime(Date.now() + 3_600_000);
    links[0]?.renew();
    await until(() => grants.filter(({ lastEventId }) => lastEventId).length === hour);
  }
  await drop();
  await publisher.routes.feed.publish(tick(2));
  await heard.start(2);
  expect(numbers(heard)).toEqual([1, 2]);
  expect(heard.errors).toEqual([]);
});
