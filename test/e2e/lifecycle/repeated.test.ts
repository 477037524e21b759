import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it, vi } from "vitest";
import { clientVersions, record } from "../client.ts";
import { onMethod } from "../wire/gatewayProbe.ts";
import { type NotesRouter, notes } from "../wire/notes.ts";
import { started, valuesOf } from "../wire/rawSocket.ts";
import { startWorld } from "../wire/world.ts";

const always = { serve: { gateway: { duplicate: () => true } } };

it.each(clientVersions)(
  "race R5: every invocation repeated: each event once, no error, no row left (client %s)",
  async (version) => {
    const { client, publisher, liveRows, disconnected, errors, gateway, probe } = await startWorld(
      notes,
      always,
    );
    const { client: caller, close } = client<NotesRouter>(version);
    const kept = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    const ended = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await Promise.all([kept.started, ended.started]);
    await gateway.settled();
    expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ matched: 1 });
    ended.unsubscribe();
    await probe.until("frameReceived", ({ body }) => body.includes("subscription.stop"));
    await gateway.settled();
    expect(await publisher.routes.onAny.publish({ data: "x" })).toMatchObject({ matched: 0 });
    await publisher.routes.onNote.publish({ data: "y" });
    expect(await kept.received(2)).toEqual(["x", "y"]);
    expect([...kept.errors, ...ended.errors, ...errors]).toEqual([]);
    await close();
    await disconnected();
    expect(await liveRows()).toEqual([]);
  },
);

it("race R5: a subscribe repeated after its end does not bring the subscription back", async () => {
  const { open, settle, probe, handlers, liveRows } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  const event = probe.events.find(onMethod("subscription"));
  if (event === undefined) throw new Error("the gateway saw no subscription");
  socket.unsubscribe(1);
  await settle(socket);
  const frames = socket.frames.length;
  expect(await handlers.default(event)).toEqual({ statusCode: 200 });
  await socket.sync();
  expect(socket.frames).toHaveLength(frames);
  expect(await liveRows()).toEqual([]);
});

it("race R5: a stop repeated after its id was used again leaves the new subscription alone", async () => {
  const { open, settle, probe, handlers, publisher } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  socket.unsubscribe(1);
  await settle(socket);
  socket.subscribe(1, "onNote", { topic: "b" });
  await settle(socket);
  const stop = probe.events.find(onMethod("subscription.stop"));
  await handlers.default(stop as never);
  expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ delivered: 1 });
});

it.each(clientVersions)(
  "race R5: what one invocation refuses and its repetition stores ends with the client's own stop (client %s)",
  async (version) => {
    const subscriptions = initSubscriptions();
    const t = initTRPC.create();
    let runs = 0;
    const router = t.router({
      onAny: t.procedure
        .use(({ next }) => {
          runs++;
          if (runs === 1) throw new Error("not the first one");
          return next();
        })
        .subscription(subscriptions.resolver<string>()),
    });
    const chain = (store: Store) => subscriptions.router({ router }).store({ store });
    const { client, publisher, gateway, liveRows, probe } = await startWorld(chain, always);
    const { client: caller } = client<typeof router>(version);
    const refused = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await refused.failed();
    await probe.until("frameReceived", ({ body }) => body.includes("subscription.stop"));
    await gateway.settled();
    expect(runs).toBe(2);
    expect(await publisher.routes.onAny.publish({ data: "x" })).toMatchObject({ matched: 0 });
    expect(await liveRows()).toEqual([]);
  },
);

it("race R5: onStart of a repeated subscribe runs once, and `started` comes at least once", async () => {
  const onStart = vi.fn(async function* () {
    yield "welcome";
  });
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const router = t.router({
    onAny: t.procedure.subscription(subscriptions.resolver<string>({ onStart })),
  });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  const { open, settle } = await startWorld(chain, always);
  const socket = await open();
  socket.subscribe(1, "onAny");
  await settle(socket);
  expect(onStart).toHaveBeenCalledOnce();
  expect(valuesOf(socket, 1)).toEqual(["welcome"]);
  expect(socket.frames.filter(started(1)).length).toBeGreaterThanOrEqual(1);
});

it("race R5: a plain generator of a repeated subscribe runs once", async () => {
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const router = t.router({
    tokens: t.procedure.subscription(async function* () {
      yield "a";
      yield "b";
    }),
  });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  const { open, settle, liveRows } = await startWorld(chain, always);
  const socket = await open();
  socket.subscribe(1, "tokens");
  await settle(socket);
  expect(valuesOf(socket, 1)).toEqual(["a", "b"]);
  expect(await liveRows()).toEqual([]);
});
