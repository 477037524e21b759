import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store, type WebSocketEvent } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { emulatorClient } from "../../testTable.ts";
import { deferred } from "../deferred.ts";
import { type Held, onMethod, onRoute } from "../wire/gatewayProbe.ts";
import { type NotesWorld, notes } from "../wire/notes.ts";
import { startWorld } from "../wire/world.ts";
import { expectNobody, holdCalls } from "./overtaken.ts";

it.each([
  ["before the handler starts", undefined],
  ["before the connection is read", "GetItemCommand"],
  ["before the rows are written", "TransactWriteItemsCommand"],
])("C16, race R2: $disconnect %s of a subscription leaves nothing", async (_, command) => {
  const plan = holdCalls(command ?? "none");
  // The answer of a half-open socket: no 410 comes to the rescue.
  const onPost = (_id: string, body: string): { statusCode: number } | undefined =>
    body.includes("started") ? { statusCode: 200 } : undefined;
  const world = await startWorld(notes, { plan, serve: { gateway: { onPost } } });
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
  const onPost = (): { statusCode: number } => ({ statusCode: 200 });
  const world = await startWorld(notes, { serve: { gateway: { onPost } } });
  const { probe, handlers, open, settle, table } = world;
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await settle(socket);
  await socket.close();
  await settle();
  const connect = probe.events.find(onRoute("CONNECT"));
  const subscribe = probe.events.find(onMethod("subscription"));
  const other = (event: WebSocketEvent | undefined): never =>
    ({ ...event, requestContext: { ...event?.requestContext, connectionId: "other=" } }) as never;
  const disconnect = probe.events.find(onRoute("DISCONNECT"));
  await handlers.disconnect(other(disconnect));
  await handlers.connect(other(connect));
  await handlers.default(other(subscribe));
  expect((await table.rows()).filter((row) => row["state"] === "OPEN")).toEqual([]);
  await expectNobody(world);
});

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

it.each(["subscription", "subscription.stop", "query", "connectionParams"])(
  "R6: a %s frame handled after $disconnect makes no live row, and none without an end",
  async (method) => {
    const world = await startWorld(notes);
    const { open, probe, disconnected, table, settle } = world;
    const socket = await open();
    socket.subscribe(1, "onNote", { topic: "a" });
    await settle(socket);
    const params = { path: method === "query" ? "echo" : "onNote", input: { topic: "b" } };
    const held = [probe.hold(onMethod(method, 2)), probe.hold(onMethod(method, 3))];
    for (const id of [2, 3]) socket.send({ id, method, params, data: null });
    await Promise.all(held.map(({ arrived }) => arrived));
    await socket.close();
    await probe.until("invoked", ({ route }) => route === "$disconnect");
    await held[0]?.release();
    await deleteConnectionRow(world);
    await held[1]?.release();
    await disconnected();
    await expectNobody(world);
    const rows = await table.rows();
    expect(rows.filter((row) => row["state"] === "OPEN")).toEqual([]);
    for (const row of rows) expect(Number.isInteger(row.expireAt)).toBe(true);
  },
);

it("L6: $disconnect removes the subscriptions although the connection's row is gone", async () => {
  const world = await startWorld(notes);
  const { open, settle, table, disconnected } = world;
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await settle(socket);
  await deleteConnectionRow(world);
  expect(await table.routeRows()).toHaveLength(3);
  await socket.close();
  await disconnected();
  await expectNobody(world);
});

/** As the TTL does. */
async function deleteConnectionRow({ table }: NotesWorld): Promise<void> {
  const connection = (await table.rows()).find(({ pk, sk }) => pk === sk);
  const key = { pk: { S: connection?.pk ?? "" }, sk: { S: connection?.sk ?? "" } };
  const client = emulatorClient();
  await client.send(new DeleteItemCommand({ TableName: table.tableName, Key: key }));
  client.destroy();
}
