import { expect, it, vi } from "vitest";
import { event, eventId, shown, started, stop, subscription } from "./history.ts";
import { createPlatform } from "./platform.ts";
import { reconnected, resumed } from "./reconnects.ts";

/** Subscription 1 is moving: it started on the old socket, and was sent on the new one. */
function moving() {
  const platform = createPlatform({ handOver: true });
  const old = platform.connect();
  old.below.open();
  old.send(subscription(1));
  for (const frame of [started(1, 0), event(1, 1)]) old.below.message(frame);
  const next = platform.connect();
  next.below.open();
  next.send(subscription(1, { lastEventId: eventId(1) }));
  return { platform, old, next };
}

it("race R10: delivers on the old socket until the new one has started, each event once", () => {
  const { old, next } = moving();
  next.below.message(event(1, 2));
  old.below.message(event(1, 2));
  old.below.message(event(1, 3));
  for (const frame of [event(1, 1), event(1, 3), started(1, 4)]) next.below.message(frame);
  expect(shown(old)).toEqual(["started", 1, 2, 3]);
  expect(shown(next)).toEqual(["started"]);
});

it("race R10: delivers on the new socket what comes first on the old one, which the client has left", () => {
  const { old, next } = moving();
  next.below.message(started(1, 2));
  old.send(stop(1));
  old.below.message(event(1, 5));
  next.below.message(event(1, 5));
  expect(shown(next)).toEqual(["started", 5]);
});

it("race R10: drops on the old socket what the client would drop, until its stop is sent", () => {
  const { old, next } = moving();
  next.below.message(event(1, 4));
  next.below.message(started(1, 4));
  old.below.message(event(1, 5));
  expect(shown(old)).toEqual(["started", 1]);
  next.below.message(event(1, 5));
  expect(shown(next)).toEqual([4, "started", 5]);
});

it("race R10: goes on where it is when the new socket is lost first", () => {
  const { platform, old, next } = moving();
  next.below.message(event(1, 3));
  next.below.cut();
  old.below.message(event(1, 2));
  expect(shown(old)).toEqual(["started", 1, 2]);
  const third = reconnected(platform);
  expect(resumed(third, subscription(1, { lastEventId: eventId(2) }))).toBe(eventId(2));
});

it("race R10: goes on where it moves to when the old socket is lost first", () => {
  const { platform, old, next } = moving();
  old.below.cut();
  for (const frame of [event(1, 1), event(1, 2), started(1, 3)]) next.below.message(frame);
  expect(shown(next)).toEqual([2, "started"]);
  next.below.cut();
  const third = reconnected(platform);
  expect(resumed(third, subscription(1, { lastEventId: eventId(2) }))).toBe(eventId(3));
});

it("race R10: ends by an error of the new socket", () => {
  const { platform, old, next } = moving();
  next.below.message({ id: 1, error: { code: 1, message: "" } });
  for (const { below } of [old, next]) below.cut();
  const third = reconnected(platform);
  expect(resumed(third, subscription(1, { lastEventId: eventId(1) }))).toBe(eventId(1));
  third.below.message(event(1, 1));
  third.below.message(started(1));
  expect(shown(third)).toEqual([1, "started"]);
});

it("race R10: goes on where it moved to while it moves once more", () => {
  const { platform, old, next } = moving();
  old.below.cut();
  const third = reconnected(platform);
  third.send(subscription(1, { lastEventId: eventId(1) }));
  for (const frame of [started(1, 2), event(1, 3)]) next.below.message(frame);
  expect(shown(next)).toEqual(["started", 3]);
});

it("race R10: is not forgotten while it lives, when another socket that lived long has ended", () => {
  const { platform, old, next } = moving();
  next.send(stop(1));
  vi.advanceTimersByTime(3_600_000);
  next.below.cut();
  old.below.cut();
  const third = reconnected(platform);
  third.send(subscription(1, { lastEventId: eventId(1) }));
  for (const frame of [event(1, 1), event(1, 2), started(1)]) third.below.message(frame);
  expect(shown(third)).toEqual([2, "started"]);
});
