import { expect, it, vi } from "vitest";
import { event, shown, started, stop, subscription } from "./history.ts";
import { type Connection, createPlatform, type Frame } from "./platform.ts";

const PARAMS: Frame = { method: "connectionParams", data: { token: "t" } };
const ACK: Frame = { id: null, method: "connectionParams" };

/** A socket on which the client has sent its params, and four frames behind them. */
function announced(options = {}): Connection {
  const connection = createPlatform(options).connect();
  connection.below.open();
  for (const frame of [
    PARAMS,
    subscription(1),
    [subscription(2), subscription(3)],
    stop(1),
    "PING",
  ]) {
    connection.send(frame);
  }
  return connection;
}

const REST: readonly Frame[] = [subscription(1), [subscription(2), subscription(3)], stop(1)];

it("asks for an ack, and holds everything but PING until it comes, in order", () => {
  const { below, received } = announced();
  expect(below.frames).toEqual([{ ...PARAMS, ack: true }, "PING"]);
  below.message(ACK);
  expect(below.frames.slice(2)).toEqual(REST);
  expect(received).toEqual([]);
});

it("sends on when the params are refused: each request is told so", () => {
  const { below, received } = announced();
  const refused: Frame = { id: null, error: { code: -32_700, message: "Invalid" } };
  below.message(refused);
  expect(below.frames.slice(2)).toEqual(REST);
  expect(received).toEqual([refused]);
});

it("sends on after 5 s: an old server says nothing", () => {
  const { below } = announced();
  vi.advanceTimersByTime(4_999);
  expect(below.frames).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(below.frames.slice(2)).toEqual(REST);
  below.message(ACK);
  expect(below.frames).toHaveLength(2 + REST.length);
});

it("sends on after paramsAckTimeoutMs", () => {
  const { below } = announced({ paramsAckTimeoutMs: 70 });
  vi.advanceTimersByTime(70);
  expect(below.frames.slice(2)).toEqual(REST);
});

it("holds nothing and asks for nothing with paramsAckTimeoutMs: 0", () => {
  const { below } = announced({ paramsAckTimeoutMs: 0 });
  expect(below.frames).toEqual([PARAMS, ...REST, "PING"]);
});

it("does not hold what comes after the ack", () => {
  const { below, send } = announced();
  below.message(ACK);
  send(subscription(4));
  expect(below.frames.at(-1)).toEqual(subscription(4));
});

it("waits for started from the moment in which the subscription is really sent", () => {
  const { below, events } = announced({ startedTimeoutMs: 1_000 });
  vi.advanceTimersByTime(4_000);
  below.message(ACK);
  vi.advanceTimersByTime(999);
  expect(events).toEqual(["open"]);
  vi.advanceTimersByTime(1);
  expect(events).toEqual(["open", "close"]);
});

it("forgets what is held when the socket ends, and sends nothing on it", () => {
  const platform = createPlatform();
  const first = platform.connect();
  first.below.open();
  for (const frame of [PARAMS, subscription(1)]) first.send(frame);
  first.below.cut();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(30_000);
  expect(first.below.frames).toEqual([{ ...PARAMS, ack: true }]);
  const second = platform.connect();
  second.below.open();
  second.send(subscription(1));
  for (const frame of [event(1, 1), started(1)]) second.below.message(frame);
  expect(shown(second)).toEqual([1, "started"]);
});
