import { createTRPCClient, type TRPCLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { expect, it, onTestFinished, vi } from "vitest";
import { Heard } from "../../../broadcast/world.ts";
import { fakeSockets } from "./fakeSocket.ts";

const t = initTRPC.create();
const router = t.router({
  news: t.procedure.subscription(initSubscriptions().resolver<number>()),
});
type Router = typeof router;

const CHANNEL = "/default/news";

/** A server that grants anything. */
const http: TRPCLink<Router> = () => () =>
  observable((observer) => {
    const data = { topics: [CHANNEL], token: "token", clientId: "1", expiresInMs: 3_600_000 };
    observer.next({ result: { type: "data", data } });
  });

it("onError may throw: the connection goes on, and the error is thrown by itself", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { WebSocket, sockets } = fakeSockets();
  const told: Error[] = [];
  const link = appsyncLink<Router>({
    http,
    url: "https://abc.appsync-api.eu-central-1.amazonaws.com/event",
    WebSocket,
    onError(error) {
      told.push(error);
      throw new Error("a bug of the log");
    },
  });
  onTestFinished(() => link.close());
  const heard = new Heard<number>();
  createTRPCClient<Router>({ links: [link] }).news.subscribe(undefined, heard.callbacks);
  await vi.advanceTimersByTimeAsync(1);
  const [socket] = sockets;
  socket?.say({ type: "connection_ack" });
  await vi.advanceTimersByTimeAsync(1);
  const id = socket?.sent.at(-1)?.["id"];
  socket?.say({ type: "subscribe_success", id });
  socket?.say({ type: "broadcast_error", id: "unknown", errors: [{ errorType: "Throttled" }] });
  expect(told).toEqual([
    expect.objectContaining({ message: expect.stringContaining("Throttled") }),
  ]);
  expect(() => vi.advanceTimersByTime(1)).toThrow("a bug of the log");
  await vi.advanceTimersByTimeAsync(1);
  socket?.say({ type: "data", id, event: JSON.stringify({ m: "1", d: 7 }) });
  expect(heard.data).toEqual([7]);
  expect(sockets).toHaveLength(1);
});
