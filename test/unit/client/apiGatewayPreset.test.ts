import { createWSClient } from "@trpc/client";
import { afterEach, expect, it, vi } from "vitest";
import { apiGatewayPreset } from "../../../src/client/index.ts";

const MINUTE_MS = 60_000;

afterEach(() => vi.restoreAllMocks());

it("T9: keeps an idle socket open beyond ten minutes even if one PING is lost", () => {
  const { keepAlive } = apiGatewayPreset();
  expect(keepAlive.enabled).toBe(true);
  expect(2 * keepAlive.intervalMs).toBeLessThanOrEqual(10 * MINUTE_MS);
  // Each PING is an invocation that is paid for: https://aws.amazon.com/api-gateway/pricing/
  expect(keepAlive.intervalMs).toBeGreaterThanOrEqual(4 * MINUTE_MS);
});

it("T9: waits longer for PONG than a cold start takes", () => {
  expect(apiGatewayPreset().keepAlive.pongTimeoutMs).toBeGreaterThanOrEqual(10_000);
});

it.each([
  [0, 1_000],
  [1, 2_000],
  [4, 16_000],
  [5, 30_000],
  [1_100, 30_000],
  [-1, 1_000],
])("race R30: attempt %i waits anything up to %i ms", (attempt, longestMs) => {
  const { retryDelayMs } = apiGatewayPreset();
  const random = vi.spyOn(Math, "random");
  random.mockReturnValue(0);
  expect(retryDelayMs(attempt)).toBe(0);
  random.mockReturnValue(0.5);
  expect(retryDelayMs(attempt)).toBe(longestMs / 2);
  random.mockReturnValue(0.999_999);
  expect(retryDelayMs(attempt)).toBeCloseTo(longestMs, -1);
});

it("is options of tRPC's own client", async () => {
  const options = { url: "ws://localhost:1", WebSocket: class {} as never, ...apiGatewayPreset() };
  const client = createWSClient({ ...options, lazy: { enabled: true, closeMs: 0 } });
  await client.close();
});
