import { describe, expect, it, vi } from "vitest";
import { event, started, stop, subscription } from "./history.ts";
import { type Connection, createPlatform, type Frame } from "./platform.ts";

const QUERY: Frame = { id: 5, method: "query", params: { path: "echo" } };
const LOST: Frame = { message: "Internal server error", connectionId: "abc=", requestId: "r" };

function opened(options = {}): Connection {
  const connection = createPlatform(options).connect();
  connection.below.open();
  return connection;
}

describe("a subscription without an answer", () => {
  it("race R7: closes the socket after 35 s, longer than any handler takes", () => {
    const { ours, below, send, events } = opened();
    send(subscription(1));
    vi.advanceTimersByTime(34_999);
    expect(events).toEqual(["open"]);
    vi.advanceTimersByTime(1);
    expect(below.closedWith).toEqual([4000, "no started within 35000 ms"]);
    // The client is not made to wait for the other side, which may not be there.
    expect([below.readyState, ours.readyState, events]).toEqual([2, 3, ["open", "close"]]);
  });

  it("closes it once, and nothing of it is heard later", () => {
    const { below, send, events, received } = opened({ startedTimeoutMs: 100 });
    for (const id of [1, 2]) send(subscription(id));
    vi.advanceTimersByTime(1_000);
    below.message({ id: 1, result: { type: "started" } });
    below.emit({ type: "error" });
    below.cut();
    expect([events, received]).toEqual([["open", "close"], []]);
  });

  it("closes it though live events keep coming", () => {
    const { below, send, events } = opened({ startedTimeoutMs: 1_000 });
    send(subscription(1));
    for (let n = 0; n < 10; n++) {
      vi.advanceTimersByTime(100);
      below.message(event(1, n));
    }
    expect(events).toEqual(["open", "close"]);
  });

  it.each<[string, Frame | undefined, Frame | undefined]>([
    ["started", started(1), undefined],
    ["an error", { id: 1, error: { code: 1, message: "" } }, undefined],
    ["stopped", { id: 1, result: { type: "stopped" } }, undefined],
    ["the client's stop", undefined, stop(1)],
  ])("is waited for until %s", (_, received, sent) => {
    const { below, send, events } = opened();
    send(subscription(1));
    if (received !== undefined) below.message(received);
    if (sent !== undefined) send(sent);
    vi.advanceTimersByTime(3_600_000);
    expect(events).toEqual(["open"]);
  });

  it("leaves no timer behind when the socket ends", () => {
    const { below, send } = opened();
    send({ method: "connectionParams", data: null });
    below.message({ id: null, method: "connectionParams" });
    send(subscription(1));
    below.cut();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an error frame of API Gateway", () => {
  it.each<[string, readonly Frame[]]>([
    ["a subscription", [subscription(1)]],
    ["a query", [QUERY]],
    ["a mutation", [{ ...QUERY, method: "mutation" } as Frame]],
    ["the connectionParams", [{ method: "connectionParams", data: null }]],
  ])("race R7: closes the socket at once when it may be for %s", (_, frames) => {
    const { below, send, events, received } = opened();
    for (const frame of frames) send(frame);
    below.message(LOST);
    expect(below.closedWith).toEqual([4000, "an invocation failed: Internal server error"]);
    expect([events, received]).toEqual([["open", "close"], []]);
  });

  it("closes nothing while nothing waits for an answer", () => {
    const { below, send, events, received } = opened();
    for (const frame of [subscription(1), QUERY, subscription(2), subscription(3)]) send(frame);
    const answer: Frame = { id: 5, result: { type: "data", data: 1 } };
    for (const frame of [started(1), answer, { id: 2, error: { code: 1, message: "" } }]) {
      below.message(frame);
    }
    for (const frame of [stop(3), "PING"]) send(frame);
    below.message(LOST);
    expect(events).toEqual(["open"]);
    expect(received.at(-1)).toEqual(LOST);
  });

  it("gives a reason that a close frame can hold", () => {
    const { below, send } = opened();
    send(QUERY);
    below.message({ message: "é".repeat(500), connectionId: "abc=" });
    const [, reason] = below.closedWith ?? [];
    expect(Buffer.byteLength(String(reason))).toBeLessThanOrEqual(123);
  });
});
