import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { KeepAlive } from "../../../../src/client/iot-core/mqtt/keepAlive.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function keptAlive(seconds: number): {
  pings: number;
  lost: number;
  readonly keepAlive: KeepAlive;
} {
  const state = {
    pings: 0,
    lost: 0,
    keepAlive: new KeepAlive({ ping: () => void state.pings++, lost: () => void state.lost++ }),
  };
  state.keepAlive.start(seconds);
  return state;
}

it("asks twice in every keep-alive, and gives up 15 seconds after a question without an answer", () => {
  const state = keptAlive(60);
  vi.advanceTimersByTime(29_999);
  expect(state).toMatchObject({ pings: 0, lost: 0 });
  vi.advanceTimersByTime(1);
  expect(state.pings).toBe(1);
  vi.advanceTimersByTime(14_999);
  expect(state.lost).toBe(0);
  vi.advanceTimersByTime(1);
  expect(state.lost).toBe(1);
});

it("waits from the first question on, however often it asks again", () => {
  const state = keptAlive(10);
  vi.advanceTimersByTime(5_000 + 15_000);
  expect(state).toMatchObject({ pings: 4, lost: 1 });
});

it("takes anything that comes for an answer", () => {
  const state = keptAlive(60);
  for (let round = 0; round < 10; round++) {
    vi.advanceTimersByTime(30_000);
    state.keepAlive.heard();
  }
  expect(state).toMatchObject({ pings: 10, lost: 0 });
});

it("leaves no timer behind, and has none for 0", () => {
  const state = keptAlive(60);
  vi.advanceTimersByTime(30_000);
  expect(vi.getTimerCount()).toBe(2);
  state.keepAlive.stop();
  expect(vi.getTimerCount()).toBe(0);
  keptAlive(0);
  expect(vi.getTimerCount()).toBe(0);
});
