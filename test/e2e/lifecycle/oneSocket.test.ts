import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { type ClientVersion, clientVersions, record, stockClient } from "../client.ts";
import { deferred } from "../deferred.ts";
import { isBefore } from "../trpcVersion.ts";
import { type NotesRouter, type NotesWorld, notes } from "../wire/notes.ts";
import { startWorld } from "../wire/world.ts";
import { slowNetwork } from "./slowNetwork.ts";

/** A socket is closed much later than the next one can be open; impatient clients take that for another cut. */
const DELAYS = { dataMs: 2, endMs: 50 };

/** A stock client far away from the gateway. */
async function farClient(world: NotesWorld, version: ClientVersion) {
  const network = await slowNetwork(world.gateway.url, DELAYS);
  onTestFinished(() => network.stop());
  const url = network.through(world.urlOf("alice"));
  const far = stockClient<NotesRouter>({ url, version });
  onTestFinished(() => far.close());
  return far;
}

const socketsOpened = ({ probe }: NotesWorld): number =>
  probe.observations.filter(({ type }) => type === "connected").length;

it.each(clientVersions)(
  "race R11: nothing in the life of a client makes it open a second socket (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const { client, close } = await farClient(world, version);
    const { onNote, onMember } = world.publisher.routes;
    const subscribe = (topic: string) =>
      record<string>((on) => client.onNote.subscribe({ topic }, on));
    const [left, ended] = [subscribe("a"), subscribe("b")];
    const refused = record<string>((on) => client.onNote.subscribe({ topic: 5 as never }, on));
    const member = record<string>((on) => client.onMember.subscribe(undefined, on));
    await Promise.all([left.started, ended.started, refused.failed(), member.started]);
    await onNote.publish({ data: "hi" });
    expect(await left.received(1)).toEqual(["hi"]);
    left.unsubscribe();
    await onNote.complete({ name: "topic", input: { topic: "b" } });
    await ended.completed;
    await client.refuse.query().catch((error: Error) => expect(error.message).toBe("taken"));
    await subscribe("c").started;
    await onMember.publish({ data: "still here" });
    expect(await member.received(1)).toEqual(["still here"]);
    await close();
    await world.disconnected();
    expect(socketsOpened(world)).toBe(1);
  },
);

it.each(clientVersions)(
  "race R11: a cut after two hours makes a client connect once, however slowly the socket closes (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const { client, close } = await farClient(world, version);
    const one = record<string>((on) => client.onNote.subscribe({ topic: "a" }, on));
    await one.started;
    await world.gateway.close(world.gateway.connectionIds()[0] ?? "", 1001, "Going away");
    const isStarted = ({ body }: { readonly body: string | undefined }): boolean =>
      body?.includes('"started"') === true;
    await world.probe.until("management", isStarted, 2);
    await world.publisher.routes.onNote.publish({ data: "back" });
    expect(await one.received(1)).toEqual(["back"]);
    for (let round = 0; round < 5; round++) await client.echo.query("x");
    expect(socketsOpened(world)).toBe(2);
    await close();
    await world.disconnected();
    expect(socketsOpened(world)).toBe(2);
  },
);

it.each(clientVersions)(
  "T10: why no `reconnect` is sent: what one makes of client %s",
  async (version) => {
    const opened = deferred();
    const calm = deferred();
    let sockets = 0;
    // API Gateway cannot be told from here: a server that sends what we never do.
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    server.on("connection", (socket) => {
      const number = ++sockets;
      if (number === 6) opened.resolve();
      socket.on("message", (data) => {
        if (data.toString() === "PING") socket.send("PONG");
        if (!data.toString().includes('"subscription"')) return;
        socket.send('{"id":1,"result":{"type":"started"}}');
        if (number === 1) socket.send('{"id":null,"method":"reconnect"}');
      });
      if (number === 1) socket.on("close", () => calm.resolve());
    });
    await once(server, "listening");
    const address = server.address();
    const url = `ws://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const network = await slowNetwork(url, DELAYS);
    onTestFinished(() => network.stop());
    const { client, close } = stockClient<NotesRouter>({ url: network.through(url), version });
    record<string>((on) => client.onAny.subscribe(undefined, on));
    await (isBefore(version, "11.25") ? opened.promise : calm.promise);
    if (!isBefore(version, "11.25")) expect(sockets).toBe(2);
    await close();
  },
);
