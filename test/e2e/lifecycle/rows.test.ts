import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { gatewayClient } from "../stack.ts";
import { onMethod, onRoute } from "../wire/gatewayProbe.ts";
import { type NotesRouter, notes } from "../wire/notes.ts";
import { failed, type RawSocket, started, stopped, valuesOf } from "../wire/rawSocket.ts";
import { startWorld, type User, type World } from "../wire/world.ts";

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User>().create();

/** Sends a stop, and waits for its answer. */
async function stop(socket: RawSocket, id: number): Promise<void> {
  socket.unsubscribe(id);
  await socket.next(stopped(id));
}

it("C14: the same id again, with another input: the first lives on, and its stop leaves no row", async () => {
  const { open, settle, publisher, liveRows } = await startWorld(notes);
  const socket = await open("alice");
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  const rows = await liveRows();
  socket.subscribe(1, "onNote", { topic: "b" });
  const { error } = await socket.next(failed(1));
  expect(error).toMatchObject({ message: "Duplicate id 1", data: { code: "BAD_REQUEST" } });
  expect(await liveRows()).toEqual(rows);
  const publish = (topic: string): Promise<object> =>
    publisher.routes.onNote.publish({ data: topic, filter: { name: "topic", input: { topic } } });
  expect(await publish("b")).toMatchObject({ matched: 0 });
  expect(await publish("a")).toMatchObject({ matched: 1, delivered: 1 });
  await stop(socket, 1);
  expect(await liveRows()).toEqual([]);
  await settle(socket);
  expect(valuesOf(socket, 1)).toEqual(["a"]);
});

it("C14: an id is free again after its stop, with another input and path", async () => {
  const { open, settle, publisher, liveRows } = await startWorld(notes);
  const socket = await open("alice");
  for (const topic of ["a", "b", "c"]) {
    socket.subscribe(1, "onNote", { topic });
    await settle(socket);
    socket.unsubscribe(1);
    await settle(socket);
  }
  socket.subscribe(1, "onAny");
  await settle(socket);
  expect(socket.frames.filter(started(1))).toHaveLength(4);
  expect(await publisher.routes.onNote.count()).toBe(0);
  expect(await publisher.routes.onAny.publish({ data: "x" })).toMatchObject({ delivered: 1 });
  expect((await liveRows()).filter(({ pk }) => pk.includes("path#"))).toHaveLength(1);
});

it('C14: 1 and "1" are two ids', async () => {
  const { open, publisher } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onAny");
  socket.subscribe("1", "onAny");
  await Promise.all([socket.next(started(1)), socket.next(started("1"))]);
  await stop(socket, 1);
  await publisher.routes.onAny.publish({ data: "x" });
  await socket.sync();
  expect([valuesOf(socket, 1), valuesOf(socket, "1")]).toEqual([[], ["x"]]);
});

it("C15: a filter renamed in a deploy between subscribe and stop or $disconnect leaves no row", async () => {
  const router = t.router({
    onNote: t.procedure
      .input(z.object({ topic: z.string() }))
      .subscription(subscriptions.resolver<string>()),
  });
  const build = (store: Store) => subscriptions.router({ router }).store({ store });
  const before = (store: Store) =>
    build(store).routes.onNote.filter(
      { name: "old", ctx: { userId: true }, input: { topic: true } },
      { name: "gone", input: { topic: true } },
    );
  const { open, table, settle, liveRows, probe, gateway } = await startWorld(before);
  const [stopping, leaving] = [await open("alice"), await open("bob")];
  for (const socket of [stopping, leaving]) socket.subscribe(1, "onNote", { topic: "a" });
  await settle(stopping, leaving);
  expect((await table.routeRows()).length).toBe(6);

  const { tableName, dynamoDBClient } = table;
  const after = build(dynamodb({ tableName, dynamoDBClient })).routes.onNote.filter({
    name: "new",
    input: { topic: true },
  });
  const client = gatewayClient(gateway.endpoint);
  onTestFinished(() => client.destroy());
  const [first, second] = probe.events.filter(onMethod("subscription"));
  if (first === undefined || second === undefined) throw new Error("two clients subscribed");
  const body = JSON.stringify({ id: 1, method: "subscription.stop" });
  await after.handler({ client })({ ...first, body });
  await stopping.next(stopped(1));
  expect(await table.routeRows()).toHaveLength(3);
  const requestContext = { ...second.requestContext, eventType: "DISCONNECT" } as const;
  await after.disconnect()({ ...second, requestContext });
  expect(await liveRows()).toEqual([]);
});

it("S1: a $connect that is invoked again changes nothing of the connection", async () => {
  const { open, handlers, probe, settle, publisher, table } = await startWorld(notes);
  const socket = await open("alice");
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  const rows = await table.rows();
  const event = probe.events.find(onRoute("CONNECT"));
  expect(await handlers.connect(event as never)).toEqual({ statusCode: 200 });
  expect(await table.rows()).toEqual(rows);
  expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ delivered: 1 });
  await socket.close();
  await settle();
  await handlers.connect(event as never);
  const connection = (await table.rows()).find(({ pk, sk }) => pk === sk);
  expect(connection?.["state"], "S1: a late $connect does not open what is closed").toBe("CLOSED");
});

it("C22: every row expires, at a whole second, with its connection", async () => {
  const { open, settle, table } = await startWorld(notes, {
    store: { now: () => Date.now() + 0.5 },
    serve: {
      connect: {
        authorize: ({ connection }) => ({
          session: { userId: "alice" },
          expireAtSeconds: connection.connectedAt.getTime() / 1000 + 60.7,
        }),
      },
    },
  });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  socket.subscribe(2, "onAny");
  socket.unsubscribe(2);
  socket.unsubscribe(3);
  await settle(socket);
  await socket.close();
  await settle();
  const rows = await table.rows();
  expect(rows.length).toBeGreaterThanOrEqual(4);
  for (const row of rows) expect(Number.isInteger(row.expireAt), JSON.stringify(row)).toBe(true);
});

it("L9: a stop of what is not there writes no route and gets no answer", async () => {
  const { open, settle, liveRows, errors } = await startWorld(notes);
  const socket = await open();
  for (const id of [1, "unknown", 2]) socket.unsubscribe(id);
  await settle(socket);
  expect(socket.texts).toEqual([]);
  expect(await liveRows()).toEqual([]);
  expect(errors).toEqual([]);
});

it("L9: more rows than one batch may hold are all written and all deleted", async () => {
  const router = t.router({ onAny: t.procedure.subscription(subscriptions.resolver<string>()) });
  const filters = Array.from({ length: 40 }, (_, index) => ({
    name: `filter${index}` as "filter",
    ctx: { userId: true } as const,
  }));
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onAny.filter(...(filters as [{ name: "filter"; ctx: { userId: true } }]));
  const world = await startWorld(chain);
  await expectRowsGone(world, (socket) => stop(socket, 1));
  await expectRowsGone(world, (socket) => socket.close());
});

async function expectRowsGone(
  { open, table, settle, liveRows }: World<unknown>,
  end: (socket: RawSocket) => Promise<void>,
): Promise<void> {
  const socket = await open("alice");
  socket.subscribe(1, "onAny");
  await socket.next(started(1));
  expect(await table.routeRows()).toHaveLength(41);
  await end(socket);
  await settle();
  expect(await liveRows()).toEqual([]);
}

it.each(clientVersions)(
  "a client that unsubscribes or goes leaves no row (client %s)",
  async (version) => {
    const { client, liveRows, probe, disconnected } = await startWorld(notes);
    const { client: caller, close } = client<NotesRouter>(version);
    const first = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    const second = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await Promise.all([first.started, second.started]);
    first.unsubscribe();
    await probe.until("management", ({ body }) => body?.includes('"stopped"') === true);
    expect((await liveRows()).filter(({ pk }) => pk.includes("onNote"))).toEqual([]);
    expect((await liveRows()).filter(({ pk }) => pk.includes("onAny"))).toHaveLength(1);
    await close();
    await disconnected();
    expect(await liveRows()).toEqual([]);
  },
);
