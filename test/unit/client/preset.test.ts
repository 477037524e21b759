import * as pinned from "@trpc/client";
import { expect, it, onTestFinished, vi } from "vitest";
import { apiGatewayPreset, preset, resilientWebSocket } from "../../../src/client/index.ts";
import * as newest from "../../trpc-latest/client.ts";
import { createPlatform, FakeSocket, type WebSocketOfOurs } from "./platform.ts";

/** A preset with a clock that stands still, and its sockets. */
function presetOf() {
  createPlatform();
  const sockets: FakeSocket[] = [];
  class Recorded extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  return { options: preset({ WebSocket: Recorded }), sockets };
}

it("has the keep-alive of apiGatewayPreset", () => {
  expect(presetOf().options.keepAlive).toEqual(apiGatewayPreset().keepAlive);
});

it("has the back-off of apiGatewayPreset at least", () => {
  const { retryDelayMs } = presetOf().options;
  expect([0, 1, 4, 9].map(retryDelayMs)).toEqual([500, 1_000, 8_000, 15_000]);
});

it("has the client wait itself for what the next socket would, so that close() is quick", () => {
  const { options, sockets } = presetOf();
  for (let n = 0; n < 6; n++) {
    const ours = new options.WebSocket("wss://api") as unknown as WebSocketOfOurs;
    vi.advanceTimersByTime(30_000);
    sockets.at(-1)?.open().cut();
    expect(ours.readyState).toBe(3);
  }
  expect(options.retryDelayMs(0)).toBe(15_000);
});

it.each([
  ["11.22", pinned],
  ["11.25", newest],
])("race R30: accept and close is no loop of tRPC's client (client %s)", async (_, trpc) => {
  const { options, sockets } = presetOf();
  const wsClient = trpc.createWSClient({ url: "wss://api", ...(options as object) });
  onTestFinished(() => wsClient.close());
  const startMs = Date.now();
  let opened = 0;
  while (Date.now() < startMs + 60_000) {
    await vi.advanceTimersByTimeAsync(100);
    if (sockets.length === opened) continue;
    opened++;
    const socket = sockets.at(-1)?.open();
    await vi.advanceTimersByTimeAsync(0);
    socket?.cut();
  }
  // After 1, 3, 7, 15, 30, 45 and 60 s.
  expect(opened).toBe(7);
});

it.each([
  ["startedTimeoutMs", 0],
  ["startedTimeoutMs", Number.NaN],
  ["startedTimeoutMs", 2 ** 31],
  ["startedTimeoutMs", "10" as never],
  ["paramsAckTimeoutMs", -1],
  ["paramsAckTimeoutMs", Number.POSITIVE_INFINITY],
  ["WebSocket", 7 as never],
])("refuses %s: %s", (name, value) => {
  const options = { WebSocket: FakeSocket, [name]: value };
  for (const [call, make] of Object.entries({ preset, resilientWebSocket })) {
    expect(() => make(options)).toThrow(`${call}: ${name} must be`);
  }
});

it("says what to do where there is no WebSocket, and takes the global one where there is", () => {
  const given = Reflect.get(globalThis, "WebSocket");
  onTestFinished(() => void Reflect.set(globalThis, "WebSocket", given));
  Reflect.deleteProperty(globalThis, "WebSocket");
  expect(() => resilientWebSocket()).toThrow("such as that of the package ws");
  Reflect.set(globalThis, "WebSocket", FakeSocket);
  const WebSocket = resilientWebSocket();
  expect(new WebSocket("wss://api").url).toBe("wss://api");
});
