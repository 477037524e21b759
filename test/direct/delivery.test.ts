import { preset } from "trpc-aws-subscriptions/client";
import { expect, it, onTestFinished, vi } from "vitest";
import { until } from "../broadcast/world.ts";
import { clientVersions, record } from "../e2e/client.ts";
import { startDirect } from "./world.ts";

interface Text {
  readonly text: string;
}

it.each(clientVersions)(
  "sends to whom a filter is for, and to nobody else (client %s)",
  async (version) => {
    const world = await startDirect();
    const listen = async (userId: string, room: string) => {
      const { client } = world.client(userId, { version });
      const heard = record<Text>((on) => client.onMessage.subscribe({ room }, on));
      await heard.started;
      return heard;
    };
    const ann = await listen("ann", "red");
    const bob = await listen("bob", "red");
    const eve = await listen("eve", "blue");
    const { publish, count } = world.publisher.routes.onMessage;
    const mine = { name: "mine", ctx: { userId: "ann" } } as const;
    expect(await publish({ data: { text: "1" }, filter: mine })).toMatchObject({ delivered: 1 });
    const room = { name: "room", input: { room: "red" } } as const;
    expect(await publish({ data: { text: "2" }, filter: room })).toMatchObject({ delivered: 2 });
    expect(await publish({ data: { text: "3" } })).toMatchObject({ delivered: 3, failed: 0 });
    expect(await count(room)).toBe(2);
    const texts = async (heard: typeof ann, times: number) =>
      (await heard.received(times)).map(({ text }) => text);
    expect(await texts(ann, 3)).toEqual(["1", "2", "3"]);
    expect(await texts(bob, 2)).toEqual(["2", "3"]);
    expect(await texts(eve, 1)).toEqual(["3"]);
    expect(world.errors).toEqual([]);
  },
);

it("runs the hooks of each subscriber", async () => {
  const world = await startDirect();
  const ann = world.client("ann");
  const heard = record<string>((on) => ann.client.onSeen.subscribe({ room: "red" }, on));
  await heard.started;
  await world.publisher.routes.onSeen.publish({ data: "hello" });
  expect(await heard.received(1)).toEqual(["hello for ann"]);
  heard.unsubscribe();
  await until(() => world.stopped.length === 1);
  expect(world.stopped).toEqual(["ann"]);
});

it("carries queries, batches and connectionParams, as every WebSocket of tRPC", async () => {
  const world = await startDirect();
  const { client } = world.client("ann", { connectionParams: async () => ({ tab: "7" }) });
  const answers = await Promise.all([client.whoAmI.query(), client.whoAmI.query()]);
  expect(answers).toEqual(Array(2).fill({ userId: "ann", params: { tab: "7" } }));
});

it("answers PING without invoking anything", async () => {
  const world = await startDirect();
  const pongs: unknown[] = [];
  const opened = world.client("ann", {
    keepAlive: { enabled: true, intervalMs: 5, pongTimeoutMs: 5_000 },
    onOpen: () => undefined,
  });
  const heard = record((on) => opened.client.onMessage.subscribe({ room: "red" }, on));
  await heard.started;
  const socket = opened.wsClient.connection?.ws as WebSocket | undefined;
  socket?.addEventListener("message", ({ data }) => void pongs.push(data));
  await until(() => pongs.length >= 3);
  expect(pongs.slice(0, 3)).toEqual(["PONG", "PONG", "PONG"]);
  expect(world.frames).toHaveLength(1);
});

it("ends a subscription for its client, and closes a connection, whose client comes back", async () => {
  const world = await startDirect();
  const { client } = world.client("ann");
  const heard = record<Text>((on) => client.onMessage.subscribe({ room: "red" }, on));
  await heard.started;
  const [id = ""] = world.broker.clientIds();
  await world.publisher.disconnect(id);
  await until(() => world.frames.length === 2);
  await world.broker.settled();
  const { publish, complete } = world.publisher.routes.onMessage;
  await publish({ data: { text: "after" } });
  expect(await heard.received(1)).toEqual([{ text: "after" }]);
  await complete();
  await heard.completed;
  expect(await world.table.routeRows()).toEqual([]);
});

it("keeps nothing of a client that has left", async () => {
  const world = await startDirect();
  const ann = world.client("ann");
  const heard = record<string>((on) => ann.client.onSeen.subscribe({ room: "red" }, on));
  await heard.started;
  expect(await world.table.routeRows()).not.toEqual([]);
  await ann.close();
  await until(() => world.stopped.length === 1);
  expect(await world.table.routeRows()).toEqual([]);
});

it("cleans up after a client at the next publish, where IoT Core did not say that it left", async () => {
  const world = await startDirect({ dropDisconnect: true });
  const { client } = world.client("ann", { retryDelayMs: () => 60_000 });
  const heard = record<Text>((on) => client.onMessage.subscribe({ room: "red" }, on));
  await heard.started;
  const [id = ""] = world.broker.clientIds();
  world.broker.dropConnection(id);
  await until(() => world.broker.clientIds().length === 0);
  await world.broker.settled();
  const { publish } = world.publisher.routes.onMessage;
  expect(await publish({ data: { text: "1" } })).toMatchObject({
    delivered: 0,
    gone: 1,
    failed: 0,
  });
  expect(await world.table.routeRows()).toEqual([]);
});

it("takes a frame once that IoT Core brings twice, at once or later", async () => {
  const world = await startDirect();
  const { client } = world.client("ann");
  const heard = record<Text>((on) => client.onMessage.subscribe({ room: "red" }, on));
  await heard.started;
  const [frame] = world.frames;
  await Promise.all([world.handler(frame), world.handler(frame)]);
  const { publish } = world.publisher.routes.onMessage;
  expect(await publish({ data: { text: "1" } })).toMatchObject({ delivered: 1 });
  heard.unsubscribe();
  await until(() => world.frames.length === 2);
  await world.broker.settled();
  // A retry of the function comes minutes after.
  await world.handler(frame);
  expect(await publish({ data: { text: "2" } })).toMatchObject({ matched: 0 });
  expect(heard.data).toEqual([{ text: "1" }]);
});

it("brings 30 events around cuts, each once and in order, with history and the client file", async () => {
  // No pauses before it connects anew.
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
  const world = await startDirect();
  const { client } = world.client("ann", preset({ WebSocket: world.socketClass() }) as never);
  const heard = record<{ readonly id: string; readonly data: number }>((on) =>
    client.onKept.subscribe({ room: "red" }, on),
  );
  await heard.started;
  const { publish } = world.publisher.routes.onKept;
  for (let n = 0; n < 30; n++) {
    if (n % 10 === 5) for (const id of world.broker.clientIds()) world.broker.dropConnection(id);
    await publish({ data: n, filter: { name: "room", input: { room: "red" } } });
    if (n % 10 === 8) await heard.received(n + 1);
  }
  const data = (await heard.received(30)).map((event) => event.data);
  expect(data).toEqual(Array.from({ length: 30 }, (_, n) => n));
});
