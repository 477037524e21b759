import { expect, it, vi } from "vitest";
import { createPlatform, type Platform } from "./platform.ts";

/** Opens a socket when it may be, and cuts it after a time; gives the milliseconds it had to wait. */
function live({ connect, sockets }: Platform, livedMs: number, close = "cut"): number {
  const before = sockets.length;
  const { ours, below } = waiting();
  let waitedMs = 0;
  while (sockets.length === before) {
    vi.advanceTimersByTime(1);
    waitedMs++;
  }
  below().open();
  vi.advanceTimersByTime(livedMs);
  if (close === "client") ours.close();
  below().cut();
  return waitedMs;

  function waiting() {
    const connection = connect();
    return { ours: connection.ours, below: () => connection.below };
  }
}

it("race R30: waits up to twice as long after each socket that does not live for 10 s, up to 30 s", () => {
  const platform = createPlatform();
  // Chance says a half.
  const waits = Array.from({ length: 8 }, () => live(platform, 9_999));
  expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

it("begins anew after one that lived for 10 s", () => {
  const platform = createPlatform();
  for (let n = 0; n < 5; n++) live(platform, 0);
  live(platform, 10_000);
  expect([live(platform, 0), live(platform, 0)]).toEqual([500, 1_000]);
});

it("spreads the pause over the whole of it", () => {
  const platform = createPlatform();
  for (let n = 0; n < 5; n++) live(platform, 0);
  vi.mocked(Math.random).mockReturnValue(0.001);
  live(platform, 0);
  expect(live(platform, 0)).toBe(30);
});

it("waits for nothing that the client closed itself, as a lazy one does, but does not forget either", () => {
  const platform = createPlatform();
  expect([live(platform, 5, "client"), live(platform, 5, "client")]).toEqual([0, 0]);
  for (let n = 0; n < 4; n++) live(platform, 0);
  expect(live(platform, 5, "client")).toBe(8_000);
  live(platform, 5);
  expect(live(platform, 5)).toBe(15_000);
});

it("takes a close with a code for a failure: clients close with 3000 when their onOpen throws", () => {
  const platform = createPlatform();
  const { ours, below } = platform.connect();
  below.open();
  ours.close(3000);
  below.cut();
  expect(live(platform, 0)).toBe(1_000);
});

it("counts a handshake that fails once, by its error event or its close event", () => {
  const platform = createPlatform();
  const { below } = platform.connect();
  below.emit({ type: "error" });
  below.cut();
  expect(live(platform, 0)).toBe(1_000);
});

it("has the next socket wait from the error event on: clients before 11.25 do not await the other", () => {
  const platform = createPlatform();
  platform.connect().below.emit({ type: "error" });
  expect(live(platform, 0)).toBe(1_000);
});

it("waits for 30 s at most when the clock was set back", () => {
  const platform = createPlatform();
  live(platform, 0);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(live(platform, 0)).toBe(30_000);
});

it("is of one class: another wsClient does not wait", () => {
  live(createPlatform(), 0);
  expect(live(createPlatform(), 0)).toBe(0);
});
