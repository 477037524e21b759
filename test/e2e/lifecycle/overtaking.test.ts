import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { clientVersions, record } from "../client.ts";
import { deferred } from "../deferred.ts";
import { onMethod } from "../wire/gatewayProbe.ts";
import { type NotesRouter, notes } from "../wire/notes.ts";
import { started, stopped } from "../wire/rawSocket.ts";
import { startWorld } from "../wire/world.ts";
import { expectNobody, holdCalls } from "./overtaken.ts";

it("C16: a stop handled before its subscription leaves nothing, and the client no answer to wait for", async () => {
  const world = await startWorld(notes);
  const { open, probe, settle } = world;
  const socket = await open();
  const held = probe.hold(onMethod("subscription"));
  socket.subscribe(1, "onNote", { topic: "a" });
  await held.arrived;
  socket.unsubscribe(1);
  await probe.until("invoked", ({ route }) => route === "$default");
  await held.release();
  await settle(socket);
  expect(socket.frames).toEqual([]);
  await expectNobody(world);
  socket.subscribe(1, "onNote", { topic: "b" });
  await socket.next(started(1));
});

it.each(["GetItemCommand", "TransactWriteItemsCommand"])(
  "C16, T12: a stop handled while its subscription waits before %s leaves nothing",
  async (command) => {
    const plan = holdCalls(command);
    const world = await startWorld(notes, { plan });
    const { open, probe, settle } = world;
    const socket = await open();
    socket.subscribe(1, "onNote", { topic: "a" });
    await plan.arrived.promise;
    socket.unsubscribe(1);
    await probe.until("invoked", ({ route }) => route === "$default");
    plan.release.resolve();
    await settle(socket);
    expect(socket.frames).toEqual([]);
    await expectNobody(world);
  },
);

it("C16: a stop handled between the rows of its subscription and `started` leaves nothing", async () => {
  const [entered, ready] = [deferred(), deferred()];
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const onAny = subscriptions.resolver<string>({
    async onStart() {
      entered.resolve();
      await ready.promise;
    },
  });
  const router = t.router({ onAny: t.procedure.subscription(onAny) });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  const { open, settle, liveRows, publisher } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "onAny");
  await entered.promise;
  expect(await publisher.routes.onAny.count()).toBe(1);
  socket.unsubscribe(1);
  await socket.next(stopped(1));
  ready.resolve();
  await settle(socket);
  expect(await liveRows()).toEqual([]);
});

it("C16: an id that is used again before its stop is handled is refused only if the stop does not come", async () => {
  const plan = holdCalls("BatchGetItemCommand");
  const { open, probe, settle, publisher } = await startWorld(notes, { plan });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  const stop = probe.hold(onMethod("subscription.stop"));
  socket.unsubscribe(1);
  await stop.arrived;
  await nextMillisecond();
  socket.subscribe(1, "onNote", { topic: "b" });
  // It has met the first one and looks whether that is still there.
  await plan.arrived.promise;
  await stop.release();
  await socket.next(stopped(1));
  plan.release.resolve();
  await settle(socket);
  expect(socket.frames.filter(started(1))).toHaveLength(2);
  expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ delivered: 1 });
});

it("T12: a stop handled while the context is being made cancels the subscription", async () => {
  const [entered, ready] = [deferred(), deferred()];
  const world = await startWorld(notes, {
    serve: {
      handler: {
        async createContext() {
          entered.resolve();
          await ready.promise;
          return { userId: "alice" };
        },
      },
    },
  });
  const socket = await world.open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await entered.promise;
  socket.unsubscribe(1);
  await world.probe.until("invoked", ({ route }) => route === "$default");
  ready.resolve();
  await world.settle(socket);
  expect(socket.frames).toEqual([]);
  await expectNobody(world);
});

it.each(clientVersions)(
  "C16: a client that subscribes, changes its mind and subscribes again, every frame out of order (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const { client, probe, publisher, gateway } = world;
    const { client: caller, close } = client<NotesRouter>(version);
    expect(await caller.echo.query("open")).toBe("echo open");
    const held = [probe.hold(onMethod("subscription")), probe.hold(onMethod("subscription"))];
    const first = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    await held[0]?.arrived;
    first.unsubscribe();
    const second = record<string>((on) => caller.onNote.subscribe({ topic: "b" }, on));
    await held[1]?.arrived;
    await probe.until("frameReceived", ({ body }) => body.includes("subscription.stop"));
    await held[1]?.release();
    await held[0]?.release();
    await second.started;
    await gateway.settled();
    expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ matched: 1 });
    expect(await second.received(1)).toEqual(["x"]);
    expect(first.data).toEqual([]);
    await close();
    await world.disconnected();
    await expectNobody(world);
  },
);

/** Frames of one millisecond have no order, and of these the stop wins. */
async function nextMillisecond(): Promise<void> {
  const nowMs = Date.now();
  while (Date.now() === nowMs) await new Promise(setImmediate);
}
