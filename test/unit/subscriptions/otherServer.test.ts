import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { afterAll, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createResolver } from "../../../src/subscriptions/resolver.ts";

const t = initTRPC.create();
const router = t.router({
  silent: t.procedure.subscription(createResolver<string>({ onStart: () => Promise.reject() })),
});

const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" });
applyWSSHandler({ wss, router });
await once(wss, "listening");
afterAll(() => wss.close());

/** The next frame of a socket. */
async function frame(socket: WebSocket): Promise<unknown> {
  const [data]: unknown[] = await once(socket, "message");
  return JSON.parse(String(data));
}

it("starts, stays silent and stops on tRPC's own WebSocket server", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${(wss.address() as AddressInfo).port}`);
  await once(socket, "open");
  socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "silent" } }));
  expect(await frame(socket)).toEqual({ id: 1, result: { type: "started" } });
  socket.send(JSON.stringify({ id: 1, method: "subscription.stop" }));
  expect(await frame(socket)).toEqual({ id: 1, result: { type: "stopped" } });
  socket.close();
  await once(socket, "close");
});
