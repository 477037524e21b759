import { expect, it } from "vitest";
import { type Call, commands } from "../../contract/observe.ts";
import { clientVersions } from "../client.ts";
import { isBefore } from "../trpcVersion.ts";
import { rawSocket } from "../wire/rawSocket.ts";
import { startFeeds, textsOf, textsOnce } from "./feed.ts";

const lateGateway = (options: Parameters<typeof startFeeds>[0] = {}) =>
  startFeeds({ ...options, handler: { handOverAfterMs: 0 }, mayReconnect: true });

const since1125 = clientVersions.filter((version) => !isBefore(version, "11.25"));

it.each(since1125)(
  "race R10: a client of %s that asks for it is moved before the cut, without a gap",
  async (version) => {
    const feeds = await lateGateway();
    const bob = feeds.enter({ userId: "bob", room: "a" }, version, {
      url: `${feeds.gateway.url}?session=${encodeURIComponent('{"userId":"bob"}')}&handOver=1`,
      keepAlive: { enabled: true, intervalMs: 20, pongTimeoutMs: 10_000 },
    });
    await bob.started;
    await feeds.say("a", "one");
    const [first = ""] = feeds.gateway.connectionIds();
    await feeds.seen((seen) => seen.type === "closed" && seen.connectionId === first);
    expect(feeds.gateway.connectionIds()).not.toContain(first);
    await feeds.say("a", "two");
    // An event may come twice to who is moved beside it.
    while (!textsOf(bob.data).includes("two")) await bob.received(bob.data.length + 1);
    expect(textsOnce(bob.data)).toEqual(["one", "two"]);
    // The next socket is asked once as well, and so on: here a socket is old at once.
    const asked = feeds.reconnects();
    expect(new Set(asked).size).toBe(asked.length);
    expect(bob.errors).toEqual([]);
  },
);

it("T10: nobody else is asked to move, and a young socket's PING touches nothing", async () => {
  const feeds = await lateGateway();
  const plain = await rawSocket(`${feeds.gateway.url}?session={}`);
  plain.send("PING");
  await plain.text("PONG");
  await feeds.gateway.settled();
  expect(feeds.reconnects()).toEqual([]);
  await plain.close();
  const young = await startFeeds();
  const able = await rawSocket(`${young.gateway.url}?session={}&handOver=1`);
  const before: readonly Call[] = [...young.calls];
  able.send("PING");
  await able.text("PONG");
  await young.gateway.settled();
  expect(commands(young.calls)).toEqual(commands(before));
  expect(young.reconnects()).toEqual([]);
  await able.close();
});

it("race R8: connectionParams are acknowledged to who asks for it, once they are stored", async () => {
  const feeds = await startFeeds();
  const socket = await rawSocket(`${feeds.gateway.url}?session={}&connectionParams=1`);
  const params = { method: "connectionParams", data: { token: "t" } };
  socket.send({ ...params, ack: true });
  await socket.next(({ id, ...frame }) => id === null && "method" in frame);
  expect(socket.texts).toEqual(['{"id":null,"method":"connectionParams"}']);
  const [row] = await feeds.table.rows();
  expect(row?.["connectionParams"]).toBe('{"token":"t"}');
  // Again, as a repeated invocation would.
  socket.send({ ...params, ack: true });
  socket.send(params);
  socket.send({ method: "connectionParams", data: 5, ack: true });
  await socket.sync();
  await feeds.gateway.settled();
  await socket.sync();
  expect(socket.texts.slice(1)).toEqual(['{"id":null,"method":"connectionParams"}']);
  await socket.close();
});
