import { createTRPCClient, type TRPCLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { expect, it, onTestFinished, vi } from "vitest";
import { Heard, until } from "../../../broadcast/world.ts";
import { collector } from "../../../memory.ts";
import { fakeSockets } from "./fakeSocket.ts";

const t = initTRPC.create();
const router = t.router({
  news: t.procedure.subscription(initSubscriptions().resolver<number>()),
});
type Router = typeof router;

const CHANNEL = "/default/news";

const url = "https://abc.appsync-api.eu-central-1.amazonaws.com/event";

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
    url,
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

it("forgets a client whose subscriptions have ended: a server may make one for each request", async () => {
  const clients: WeakRef<object>[] = [];
  const link = appsyncLink<Router>({
    http(runtime) {
      const ofClient = http(runtime);
      clients.push(new WeakRef(ofClient));
      return ofClient;
    },
    url,
    WebSocket: fakeSockets().WebSocket,
  });
  const visit = (): void => {
    const trpc = createTRPCClient<Router>({ links: [link] });
    trpc.news.subscribe(undefined, {}).unsubscribe();
  };
  for (let n = 0; n < 10; n++) visit();
  const collect = collector();
  await until(() => {
    collect();
    return clients.every((client) => client.deref() === undefined);
  });
  expect(clients).toHaveLength(10);
  link.close();
});
