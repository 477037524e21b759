import { describe, expect, it, vi } from "vitest";
import { event, eventId, shown, started, subscription } from "./history.ts";
import { createPlatform, type Frame } from "./platform.ts";
import { cutAfter, reconnected, resumed } from "./reconnects.ts";

describe("what the server sees of a subscription that is sent again", () => {
  it("is the start cursor while it got no event", () => {
    const platform = cutAfter(started(1, 5));
    expect(resumed(reconnected(platform), subscription(1))).toBe(eventId(5));
  });

  it("is nothing when it had not started, nor its events been passed on", () => {
    const platform = cutAfter(event(1, 1));
    const connection = reconnected(platform);
    expect(resumed(connection, subscription(1))).toBeUndefined();
    for (const frame of [event(1, 1), started(1, 2)]) connection.below.message(frame);
    expect(shown(connection)).toEqual([1, "started"]);
  });

  it("is nothing without a start cursor, as of a subscription without history", () => {
    const platform = cutAfter(started(1), { id: 1, result: { type: "data", data: "x" } });
    expect(resumed(reconnected(platform), subscription(1))).toBeUndefined();
  });

  it("is the client's own for ids that are not ours", () => {
    const own: Frame = { id: 1, result: { type: "data", id: "7", data: { id: "7", data: 7 } } };
    const platform = cutAfter(started(1), own);
    expect(resumed(reconnected(platform), subscription(1, { lastEventId: "7" }))).toBe("7");
  });

  it("is the newest event, though the client was given an older one after it", () => {
    const platform = cutAfter(started(1, 0), event(1, 9), event(1, 4));
    const sent = subscription(1, { lastEventId: eventId(4) });
    expect(resumed(reconnected(platform), sent)).toBe(eventId(9));
  });

  it("is the end of the replay, also if the newest event of it was dropped as known", () => {
    const platform = cutAfter(
      event(1, 1),
      event(1, 2),
      event(1, 1, { cursor: eventId(6) }),
      started(1),
    );
    const sent = subscription(1, { lastEventId: eventId(2) });
    expect(resumed(reconnected(platform), sent)).toBe(eventId(6));
  });
});

describe("its cursor", () => {
  it("is kept when an event without an id makes the client forget its own", () => {
    const platform = cutAfter(started(1, 0), event(1, 1), {
      id: 1,
      result: { type: "data", data: "x" },
    });
    expect(resumed(reconnected(platform), subscription(1))).toBe(eventId(1));
  });

  it("is the client's own for a subscription that is not known, until its first replay ends", () => {
    const platform = createPlatform();
    for (let n = 0; n < 2; n++) {
      const connection = reconnected(platform);
      expect(resumed(connection, subscription(1, { lastEventId: eventId(3) }))).toBe(eventId(3));
      connection.below.message(event(1, 4));
      connection.below.cut();
    }
  });

  it("is there however long the socket has lived", () => {
    const platform = createPlatform();
    const { below, send } = platform.connect();
    below.open();
    send(subscription(1));
    below.message(started(1, 1));
    vi.advanceTimersByTime(2 * 3_600_000);
    below.cut();
    expect(resumed(reconnected(platform), subscription(1))).toBe(eventId(1));
  });

  it("does not go beyond a replay that was cut, though more came than can be held", () => {
    const platform = cutAfter(started(1, 0));
    const second = reconnected(platform);
    second.send(subscription(1));
    for (let n = 1; n <= 10_001; n++) second.below.message(event(1, n));
    expect(shown(second)).toHaveLength(10_001);
    second.below.cut();
    const sent = subscription(1, { lastEventId: eventId(10_001) });
    expect(resumed(reconnected(platform), sent)).toBe(eventId(0));
  });

  it("does not go beyond what was passed on when the client closes in the middle", () => {
    const platform = createPlatform();
    const { ours, below, send } = platform.connect();
    below.open();
    send(subscription(1));
    ours.addEventListener("message", () => ours.close(), { once: true });
    for (const frame of [event(1, 1), event(1, 2), started(1, 3)]) below.message(frame);
    below.cut();
    const connection = reconnected(platform);
    expect(resumed(connection, subscription(1, { lastEventId: eventId(1) }))).toBeUndefined();
    for (const frame of [event(1, 1), event(1, 2), started(1)]) connection.below.message(frame);
    expect(shown(connection)).toEqual([2, "started"]);
  });

  it("is not moved by what arrives while the client closes", () => {
    const platform = createPlatform();
    const { ours, below, send } = platform.connect();
    below.open();
    send(subscription(1));
    below.message(started(1, 1));
    ours.close();
    below.message(event(1, 2));
    below.cut();
    const connection = reconnected(platform);
    expect(resumed(connection, subscription(1))).toBe(eventId(1));
    for (const frame of [event(1, 2), started(1)]) connection.below.message(frame);
    expect(shown(connection)).toEqual([2, "started"]);
  });
});

it("passes on nothing again after a reconnect, replayed with an overlap", () => {
  const platform = cutAfter(started(1, 0), event(1, 1), event(1, 3));
  const connection = reconnected(platform);
  connection.send(subscription(1, { lastEventId: eventId(3) }));
  for (const n of [1, 2, 3, 4]) connection.below.message(event(1, n));
  connection.below.message(started(1, 5));
  expect(shown(connection)).toEqual([2, 4, "started"]);
});
