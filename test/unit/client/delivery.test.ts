import { describe, expect, it } from "vitest";
import { event, eventId, shown, started, stop, subscription } from "./history.ts";
import { type Connection, createPlatform, type Frame } from "./platform.ts";

/** A socket on which subscription 1 was sent. */
function subscribed(): Connection {
  const connection = createPlatform().connect();
  connection.below.open();
  connection.send(subscription(1));
  return connection;
}

function receive({ below }: Connection, ...frames: readonly Frame[]): void {
  for (const frame of frames) below.message(frame);
}

describe("until started", () => {
  it("holds events, and passes them on in the order of their cursors, before started", () => {
    const connection = subscribed();
    receive(connection, event(1, 2), event(1, 7), event(1, 3), event(1, 1));
    expect(shown(connection)).toEqual([]);
    receive(connection, started(1, 8));
    expect(shown(connection)).toEqual([1, 2, 3, 7, "started"]);
  });

  it("passes on each event once, however often it came", () => {
    const connection = subscribed();
    receive(connection, event(1, 1), event(1, 2), event(1, 1), event(1, 2), started(1, 3));
    receive(connection, event(1, 2), event(1, 1), event(1, 4), event(1, 4));
    expect(shown(connection)).toEqual([1, 2, "started", 4]);
  });

  it("passes on at once what has no event id: of a subscription without history, or of tracked()", () => {
    const connection = subscribed();
    const plain: Frame = { id: 1, result: { type: "data", data: "snapshot" } };
    const own: Frame = { id: 1, result: { type: "data", id: "7", data: { id: "7", data: "own" } } };
    receive(connection, plain, own, own, plain);
    expect(shown(connection)).toEqual(["snapshot", "own", "own", "snapshot"]);
  });

  it.each([
    ["too short", "01j9z8k7m"],
    ["too long", `${eventId(1)}0`],
    ["with a letter that ids do not have", `${eventId(1).slice(0, 19)}i`],
    ["in capitals", eventId(1).toUpperCase()],
  ])("does not take an id for an event's that is %s", (_, id) => {
    const connection = subscribed();
    receive(connection, { id: 1, result: { type: "data", id, data: "x" } });
    expect(shown(connection)).toEqual(["x"]);
  });
});

describe("what is held", () => {
  it("passes on what it holds before stopped, the regular end", () => {
    const connection = subscribed();
    receive(connection, event(1, 2), event(1, 1), { id: 1, result: { type: "stopped" } });
    expect(shown(connection)).toEqual([1, 2, "stopped"]);
  });

  it("drops what it holds before an error: the rest of it is missing", () => {
    const connection = subscribed();
    receive(connection, event(1, 2), { id: 1, error: { code: -32_603, message: "no" } });
    expect(shown(connection)).toEqual(["error"]);
  });

  it("drops what it holds when the client stops", () => {
    const connection = subscribed();
    receive(connection, event(1, 1));
    connection.send(stop(1));
    receive(connection, started(1));
    expect(shown(connection)).toEqual(["started"]);
  });

  it("stops passing on when the client stops in the middle", () => {
    const connection = subscribed();
    connection.ours.addEventListener("message", () => connection.send(stop(1)), { once: true });
    receive(connection, event(1, 1), event(1, 2), started(1));
    expect(shown(connection)).toEqual([1]);
  });

  it("holds 10,000 events, and from the next one on nothing", () => {
    const connection = subscribed();
    for (let n = 10_000; n >= 1; n--) receive(connection, event(1, n));
    expect(shown(connection)).toEqual([]);
    receive(connection, event(1, 0));
    expect(shown(connection)).toEqual(Array.from({ length: 10_001 }, (_, n) => n));
    receive(connection, event(1, 10_002), event(1, 10_001));
    expect(shown(connection).slice(-2)).toEqual([10_002, 10_001]);
  });
});

describe("after started", () => {
  it("passes on live events as they come, an older one too", () => {
    const connection = subscribed();
    receive(connection, started(1, 0), event(1, 2), event(1, 1), event(1, 2));
    expect(shown(connection)).toEqual(["started", 2, 1]);
  });

  it("knows an event again that was stored late, by the id in its data", () => {
    const connection = subscribed();
    const late = event(1, 1, { cursor: eventId(9) });
    receive(connection, event(1, 1), started(1, 2), late, event(1, 3), late);
    expect(shown(connection)).toEqual([1, "started", 3]);
  });

  it("goes by the cursor where a transformer hides the event's id", () => {
    const connection = subscribed();
    const data = { json: { id: eventId(1), data: "x" } };
    const hidden: Frame = { id: 1, result: { type: "data", id: eventId(5), data } };
    receive(connection, started(1), hidden, hidden);
    expect(connection.received.slice(1)).toEqual([hidden]);
  });

  it("passes on a second started, of an invocation that ran twice", () => {
    const connection = subscribed();
    receive(connection, event(1, 1), started(1, 1), event(1, 1), started(1, 1));
    expect(shown(connection)).toEqual([1, "started", "started"]);
  });

  it("knows the last 10,000 events again", () => {
    const connection = subscribed();
    receive(connection, started(1));
    for (let n = 0; n < 10_001; n++) receive(connection, event(1, n));
    receive(connection, event(1, 1), event(1, 10_000));
    expect(shown(connection)).toHaveLength(1 + 10_001);
    receive(connection, event(1, 0));
    expect(shown(connection)).toHaveLength(1 + 10_002);
  });
});

it('keeps subscriptions apart, and the ids 1 and "1"', () => {
  const connection = subscribed();
  connection.send(subscription("1"));
  receive(connection, event(1, 1), started(1));
  receive(connection, event("1", 1), started("1"));
  expect(shown(connection)).toEqual([1, "started", 1, "started"]);
});

it.each<Frame>([
  "PING",
  "PONG",
  "OK",
  '"text"',
  "[1]",
  { id: 9, result: { type: "data", data: 1 } },
  { id: 9, error: { code: 1, message: "" } },
  { id: null, error: { code: -32_700, message: "not JSON" } },
  { id: null, method: "other" },
  { message: "Internal server error" },
  { id: 1, result: null },
])("passes on untouched: %j", (frame) => {
  const connection = createPlatform().connect();
  connection.below.open();
  connection.below.message(frame);
  expect(connection.received).toEqual([frame]);
});

it("passes on bytes in both directions", () => {
  const { ours, below } = createPlatform().connect();
  const heard: unknown[] = [];
  ours.addEventListener("message", ({ data }) => heard.push(data));
  below.open();
  const bytes = new Uint8Array([1]);
  ours.send(bytes);
  below.emit({ type: "message", data: bytes });
  expect([below.sent, heard]).toEqual([[bytes], [bytes]]);
});
