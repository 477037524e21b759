import { initTRPC } from "@trpc/server";
import { initSubscriptions, type WebSocketMessageEvent } from "trpc-aws-subscriptions";
import { expect, it, vi } from "vitest";
import { clientVersions, record } from "../client.ts";
import { onMethod, onRoute } from "./gatewayProbe.ts";
import { type NotesRouter, notes } from "./notes.ts";
import { rawSocket, started } from "./rawSocket.ts";
import { startWorld, type User } from "./world.ts";

it("T9: PING is answered without a call to DynamoDB and without a context", async () => {
  const createContext = vi.fn((): User => ({ userId: "somebody" }));
  const { open, calls, settle } = await startWorld(notes, {
    serve: { handler: { createContext } },
  });
  const socket = await open();
  await settle(socket);
  const callsOfConnect = calls.length;
  for (let index = 0; index < 5; index++) socket.send("PING");
  socket.send("PONG");
  await settle(socket);
  expect(socket.texts).toEqual(Array(5).fill("PONG"));
  expect(calls.slice(callsOfConnect)).toEqual([]);
  expect(createContext).not.toHaveBeenCalled();
  socket.subscribe(1, "onAny");
  await socket.next(started(1));
  expect(createContext, "the same counter counts a request").toHaveBeenCalledOnce();
  expect(calls.length).toBeGreaterThan(callsOfConnect);
});

it.each(clientVersions)(
  "T9: a client's keep-alive stays satisfied (client %s)",
  async (version) => {
    const { client, probe } = await startWorld(notes);
    const { client: caller } = client<NotesRouter>(version, {
      keepAlive: { enabled: true, intervalMs: 20, pongTimeoutMs: 5_000 },
    });
    const notesOf = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await notesOf.started;
    let pongs = 0;
    await probe.until("management", ({ body }) => body === "PONG" && ++pongs >= 3);
    expect(probe.observations.filter(({ type }) => type === "connected")).toHaveLength(1);
  },
);

it("T10: nothing the server sends is a `reconnect`: clients before 11.25 answer one with many sockets", async () => {
  const { open, publisher, settle } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onAny");
  await socket.next(started(1));
  await publisher.routes.onAny.publish({ data: "hi" });
  await publisher.routes.onAny.complete();
  socket.send("PING");
  await settle(socket);
  expect(socket.texts).toHaveLength(4);
  expect(socket.texts.join()).not.toContain("reconnect");
});

it("R10: $connect answers with a subprotocol only where one was offered, and with the first", async () => {
  const { urlOf } = await startWorld(notes);
  const plain = await rawSocket(urlOf("a"));
  expect(plain.protocol).toBe("");
  const offering = await rawSocket(urlOf("a"), { protocols: ["trpc", "token.abc"] });
  expect(offering.protocol).toBe("trpc");
  await Promise.all([plain.close(), offering.close()]);
});

it("C24: a step before `.store()` throws an error that names it", () => {
  const t = initTRPC.create();
  const subscriptions = initSubscriptions();
  const router = t.router({ onAny: t.procedure.subscription(subscriptions.resolver<string>()) });
  const early: object = subscriptions.router({ router });
  for (const step of ["connect", "disconnect", "handler", "webSocketHandler", "publisher"]) {
    expect(() => Reflect.get(early, step)({ endpoint: "https://example.com/prod" })).toThrow(
      `${step}(): this chain has no store yet`,
    );
  }
});

it("L7, C17: the handlers return a status and nothing else, whatever comes", async () => {
  const { open, handlers, probe, settle } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onAny");
  await settle(socket);
  const event = probe.events.find(onMethod("subscription"));
  if (event === undefined) throw new Error("the gateway saw no subscription");
  const bodies: readonly (string | null | undefined)[] = [
    undefined,
    null,
    "",
    "PING",
    "PONG",
    "{",
    "[]",
    JSON.stringify({ id: 2, method: "query", params: { path: "echo", input: "x" } }),
    JSON.stringify({ id: 3, method: "query", params: { path: "refuse" } }),
    JSON.stringify({ id: 4, method: "subscription", params: { path: "onAny" } }),
    JSON.stringify({ id: 4, method: "subscription.stop" }),
    JSON.stringify({ method: "connectionParams", data: null }),
  ];
  for (const body of bodies) {
    const { body: _, ...rest } = event;
    const own: WebSocketMessageEvent = body === undefined ? rest : { ...rest, body };
    expect(await handlers.default(own), String(body)).toEqual({ statusCode: 200 });
  }
  const connected = probe.events.find(onRoute("CONNECT"));
  expect(await handlers.connect(connected as never)).toEqual({ statusCode: 200 });
  await socket.close();
  await settle();
  const disconnected = probe.events.find(onRoute("DISCONNECT"));
  expect(await handlers.disconnect(disconnected as never)).toEqual({ statusCode: 200 });
});

it("C17: handlers given something else than an event of theirs report it and do not throw", async () => {
  const { handlers, errors } = await startWorld(notes);
  const noEvent: readonly unknown[] = [{}, { Records: [] }, { requestContext: {} }];
  for (const event of noEvent) {
    for (const handler of [handlers.connect, handlers.default, handlers.disconnect]) {
      expect(await handler(event as never)).toEqual({ statusCode: 500 });
    }
  }
  expect(errors).toHaveLength(3 * noEvent.length);
});

it("C17, S17: an event with a connection id of another form is never posted to", async () => {
  const { open, handlers, probe, settle, errors } = await startWorld(notes);
  const socket = await open();
  socket.send("PING");
  await settle(socket);
  const event = probe.events.find(({ requestContext }) => requestContext.eventType === "MESSAGE");
  const posts = probe.observations.length;
  for (const connectionId of ["../../x", "a b", "", "x".repeat(2_000)]) {
    const forged = { ...event, requestContext: { ...event?.requestContext, connectionId } };
    expect(await handlers.default(forged as never)).toEqual({ statusCode: 500 });
  }
  expect(probe.observations).toHaveLength(posts);
  expect(errors).toHaveLength(4);
});
