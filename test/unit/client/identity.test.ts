import { describe, expect, it, vi } from "vitest";
import { event, eventId, started, stop, subscription } from "./history.ts";
import { type Connection, createPlatform } from "./platform.ts";
import { cutAfter, reconnected, resumed } from "./reconnects.ts";

describe("another subscription with the same path and input", () => {
  it.each([
    ["after the client stopped the first", stop(1), undefined],
    ["after the server stopped it", undefined, { id: 1, result: { type: "stopped" } }],
    ["after an error", undefined, { id: 1, error: { code: 1, message: "" } }],
  ])("begins anew %s", (_, sent, received) => {
    const platform = createPlatform();
    const { below, send } = platform.connect();
    below.open();
    send(subscription(1));
    below.message(started(1, 1));
    if (sent !== undefined) send(sent);
    if (received !== undefined) below.message(received);
    below.cut();
    expect(resumed(reconnected(platform), subscription(1))).toBeUndefined();
  });

  it("begins anew if its client has not got the last event: its page has made another client", () => {
    const platform = cutAfter(started(1, 1), event(1, 2));
    expect(resumed(reconnected(platform), subscription(1))).toBeUndefined();
  });

  it.each([
    ["id", subscription(2)],
    ["input", subscription(1, { input: { room: "blue" } })],
    ["type of the id", subscription("1")],
  ])("begins anew with another %s", (_, sent) => {
    const platform = cutAfter(started(1, 1));
    expect(resumed(reconnected(platform), sent)).toBeUndefined();
  });

  it("takes the id's place on the same socket", () => {
    const platform = createPlatform();
    const connection = platform.connect();
    connection.below.open();
    connection.send(subscription(1));
    connection.below.message(started(1, 1));
    expect(resumed(connection, subscription(1))).toBeUndefined();
  });

  it("begins anew when nobody came for the first on a socket that lived for a minute", () => {
    const platform = cutAfter(started(1, 1));
    const second = reconnected(platform);
    vi.advanceTimersByTime(60_000);
    second.below.cut();
    expect(resumed(reconnected(platform), subscription(1))).toBeUndefined();
  });

  it("is the first one still on the socket after one that lived for less", () => {
    const platform = cutAfter(started(1, 1));
    const second = reconnected(platform);
    vi.advanceTimersByTime(59_999);
    second.below.cut();
    expect(resumed(reconnected(platform), subscription(1))).toBe(eventId(1));
  });
});

describe("a new id (clients from 11.25)", () => {
  /** Two sockets are open when the one with subscriptions 1 and 2, which are alike, is lost. */
  function lostBeside(): Connection {
    const platform = createPlatform();
    const [first, second] = [platform.connect(), platform.connect()];
    for (const { below } of [first, second]) below.open();
    for (const id of [1, 2]) first.send(subscription(id));
    for (const id of [1, 2]) first.below.message(started(id, id));
    first.below.cut();
    return second;
  }

  it("is given to a subscription that is lost beside another socket: path and input tell it", () => {
    const second = lostBeside();
    expect(resumed(second, subscription(3))).toBe(eventId(1));
  });

  it("claims each of several once", () => {
    const second = lostBeside();
    expect([3, 4, 5].map((id) => resumed(second, subscription(id)))).toEqual([
      eventId(1),
      eventId(2),
      undefined,
    ]);
  });
});
