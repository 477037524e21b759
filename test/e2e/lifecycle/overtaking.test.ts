import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store, type WebSocketEvent } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import type { Plan } from "../../contract/observe.ts";
import { emulatorClient } from "../../testTable.ts";
import { clientVersions, record } from "../client.ts";
import { type Deferred, deferred } from "../deferred.ts";
import { type Held, onMethod, onRoute } from "../wire/gatewayProbe.ts";
import { type NotesRouter, notes } from "../wire/notes.ts";
import { started, stopped } from "../wire/rawSocket.ts";
import { startWorld, type World } from "../wire/world.ts";

type NotesWorld = World<ReturnType<ReturnType<typeof notes>["publisher"]>>;

/** Neither a row that would be delivered to, nor a delivery. */
async function expectNobody({ liveRows, publisher }: NotesWorld): Promise<void> {
  expect(await liveRows()).toEqual([]);
  expect(await publisher.routes.onNote.publish({ data: "ghost" })).toMatchObject({ matched: 0 });
}

/** Holds back the calls of one kind: `arrived` resolves at the first, `release` lets all go on. */
function holdCalls(command: string): Plan & { arrived: Deferred<void>; release: Deferred<void> } {
  const [arrived, release] = [deferred(), deferred()];
  const plan: Plan = (call) => {
    if (call.command !== command) return undefined;
    arrived.resolve();
    return { before: () => release.promise };
  };
  return Object.assign(plan, { arrived, release });
}

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

it.each([
  ["before the handler starts", undefined],
  ["before the connection is read", "GetItemCommand"],
  ["before the rows are written", "TransactWriteItemsCommand"],
])("C16, races 2: $disconnect %s of a subscription leaves nothing", async (_, command) => {
  const plan = holdCalls(command ?? "none");
  const world = await startWorld(notes, { plan });
  const { open, probe, disconnected } = world;
  const socket = await open();
  const held: Held | undefined =
    command === undefined ? probe.hold(onMethod("subscription")) : undefined;
  socket.subscribe(1, "onNote", { topic: "a" });
  await (held?.arrived ?? plan.arrived.promise);
  await socket.close();
  await probe.until("invoked", ({ route }) => route === "$disconnect");
  held?.open();
  plan.release.resolve();
  await disconnected();
  await expectNobody(world);
});

it("C16: $disconnect before $connect: the connection stays closed", async () => {
  const world = await startWorld(notes);
  const { probe, handlers, open, settle } = world;
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await settle(socket);
  const connect = probe.events.find(onRoute("CONNECT"));
  const subscribe = probe.events.find(onMethod("subscription"));
  const other = (event: WebSocketEvent | undefined): never =>
    ({ ...event, requestContext: { ...event?.requestContext, connectionId: "other=" } }) as never;
  await handlers.disconnect(other(connect));
  await handlers.connect(other(connect));
  await handlers.default(other(subscribe));
  await socket.close();
  await settle();
  await expectNobody(world);
});

it.each(["subscription", "subscription.stop", "query", "connectionParams"])(
  "R6: a %s frame handled after $disconnect makes no live row",
  async (method) => {
    const world = await startWorld(notes);
    const { open, probe, disconnected, table, settle } = world;
    const socket = await open();
    socket.subscribe(1, "onNote", { topic: "a" });
    await settle(socket);
    const held = probe.hold(onMethod(method));
    const params = { path: method === "query" ? "echo" : "onNote", input: { topic: "b" } };
    socket.send({ id: 2, method, params, data: null });
    await held.arrived;
    await socket.close();
    await probe.until("invoked", ({ route }) => route === "$disconnect");
    const before = await table.rows();
    await held.release();
    await disconnected();
    await expectNobody(world);
    const open2 = (await table.rows()).filter((row) => row["state"] === "OPEN");
    expect(open2).toEqual([]);
    for (const row of await table.rows()) expect(Number.isInteger(row.expireAt)).toBe(true);
    expect((await table.rows()).length - before.length).toBeLessThanOrEqual(1);
  },
);

it("L6: $disconnect removes the subscriptions although the connection's row is gone", async () => {
  const world = await startWorld(notes);
  const { open, settle, table, disconnected } = world;
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await settle(socket);
  const connection = (await table.rows()).find(({ pk, sk }) => pk === sk);
  const key = { pk: { S: connection?.pk ?? "" }, sk: { S: connection?.sk ?? "" } };
  const client = emulatorClient();
  await client.send(new DeleteItemCommand({ TableName: table.tableName, Key: key }));
  client.destroy();
  expect(await table.routeRows()).toHaveLength(3);
  await socket.close();
  await disconnected();
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

it("C16: a subscription whose $disconnect is lost and whose socket is gone is removed by its own answer", async () => {
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const [entered, ready] = [deferred(), deferred()];
  const router = t.router({
    onAny: t.procedure
      .use(async ({ next }) => {
        entered.resolve();
        await ready.promise;
        return next();
      })
      .subscription(subscriptions.resolver<string>()),
  });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  const { open, liveRows, disconnected, errors } = await startWorld(chain, {
    serve: { gateway: { dropDisconnect: () => true } },
  });
  const socket = await open();
  socket.subscribe(1, "onAny");
  await entered.promise;
  await socket.close();
  ready.resolve();
  await disconnected();
  expect(await liveRows()).toEqual([]);
  expect(errors, "a closed connection is no error").toEqual([]);
});
