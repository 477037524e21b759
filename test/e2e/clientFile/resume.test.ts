import superjson from "superjson";
import { expect, it } from "vitest";
import { event, eventId, started } from "../../unit/client/history.ts";
import { clientVersions, record } from "../client.ts";
import { deferred } from "../deferred.ts";
import { isBefore } from "../trpcVersion.ts";
import { type ScriptedServer, scriptedServer, superjsonEvent } from "./scriptedServer.ts";

type Client = ReturnType<ScriptedServer["client"]>["client"];

/** Notes what a page sees, `started` among it. */
function watch(client: Client) {
  const seen: unknown[] = [];
  const recording = record<{ readonly data: number }>((on) =>
    client.onMessage.subscribe(
      { room: "red" },
      {
        ...on,
        onStarted() {
          seen.push("started");
          on.onStarted();
        },
        onData(value) {
          seen.push(value.data);
          on.onData(value as never);
        },
      },
    ),
  );
  return { ...recording, seen };
}

it.each(clientVersions)(
  "each event once and in order over a cut, also with nothing received before it (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { seen, received, started: isStarted } = watch(server.client(version).client);
    const first = await server.socket(0);
    const { id } = await first.message();
    first.send(started(id, 0));
    await isStarted;
    first.cut();

    const second = await server.socket(1);
    expect((await second.message()).params?.lastEventId).toBe(eventId(0));
    second.send(event(id, 2), event(id, 1), event(id, 2), event(id, 3), started(id, 3));
    second.send(event(id, 3), event(id, 4));
    await received(4);
    expect(seen).toEqual(["started", 1, 2, 3, "started", 4]);
    second.cut();

    const third = await server.socket(2);
    expect((await third.message()).params?.lastEventId).toBe(eventId(4));
    third.send(event(id, 4), event(id, 3), event(id, 5), started(id, 5), event(id, 6));
    await received(6);
    expect(seen.slice(6)).toEqual([5, "started", 6]);
  },
);

it.each(clientVersions)(
  "goes by cursors where superjson hides the ids (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version, { transformer: superjson });
    const { seen, received } = watch(client);
    const first = await server.socket(0);
    const { id } = await first.message();
    const [one, two] = [1, 2].map((n) => superjsonEvent(id, eventId(n), n));
    first.send(two ?? {}, one ?? {}, two ?? {}, started(id, 2), one ?? {});
    await received(2);
    first.cut();
    const second = await server.socket(1);
    expect((await second.message()).params?.lastEventId).toBe(eventId(2));
    second.send(one ?? {}, two ?? {}, superjsonEvent(id, eventId(3), 3), started(id, 3));
    await received(3);
    expect(seen).toEqual([1, 2, "started", 3, "started"]);
  },
);

it.each(clientVersions)(
  "a gap that the server reports ends the subscription, with nothing of a part of the replay (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { data, failed } = watch(server.client(version).client);
    const socket = await server.socket(0);
    const { id } = await socket.message();
    const error = {
      code: -32_012,
      message: "gap",
      data: { code: "PRECONDITION_FAILED", httpStatus: 412 },
    };
    socket.send(event(id, 5), { id, error });
    expect((await failed()).message).toBe("gap");
    expect(data).toEqual([]);
  },
);

it.each(clientVersions)(
  "a subscription without history passes as it is (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version);
    const recording = record<never>((on) =>
      client.onMessage.subscribe({ room: "red" }, on as never),
    );
    const first = await server.socket(0);
    const { id } = await first.message();
    const plain = { id, result: { type: "data", data: "x" } };
    first.send(plain, started(id), plain, plain);
    await recording.received(3);
    first.cut();
    const second = await server.socket(1);
    expect((await second.message()).params).toEqual({ input: { room: "red" }, path: "onMessage" });
    second.send(plain);
    await recording.received(4);
  },
);

const since1125 = clientVersions.filter((version) => !isBefore(version, "11.25"));

it.each(since1125)(
  "race R10: a hand-over loses and repeats nothing, and ends with one socket (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version, { file: { handOver: true } });
    const { seen, received } = watch(client);
    const old = await server.socket(0);
    expect(old.url).toBe("/?handOver=1");
    const { id } = await old.message();
    old.send(started(id, 0), event(id, 1), { id: null, method: "reconnect" });
    const next = await server.socket(1);
    const moved = await next.message();
    expect([moved.id, moved.params?.lastEventId]).toEqual([id, eventId(1)]);
    // Both are posted to until the old one is stopped.
    next.send(event(id, 1), event(id, 2));
    old.send(event(id, 2), event(id, 3));
    await received(3);
    next.send(event(id, 4), event(id, 3), started(id, 4));
    expect((await old.message()).method).toBe("subscription.stop");
    old.send(event(id, 5));
    next.send(event(id, 5), event(id, 6));
    await old.closed;
    await received(6);
    expect(seen).toEqual(["started", 1, 2, 3, 4, 5, 6]);
    expect(server.sockets).toHaveLength(2);
  },
);

it.each(clientVersions)(
  "race R11: without handOver a server's reconnect is not heard (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version);
    const { received } = watch(client);
    const socket = await server.socket(0);
    const { id } = await socket.message();
    socket.send(started(id, 0), { id: null, method: "reconnect" }, event(id, 1));
    await received(1);
    for (let round = 0; round < 3; round++) {
      const answer = client.echo.query("x");
      const query = await socket.message();
      socket.send({ id: query.id, result: { type: "data", data: "x" } });
      expect(await answer).toBe("x");
    }
    expect(server.sockets).toHaveLength(1);
  },
);

it.each(clientVersions)(
  "a subscription without an event is resumed, also when another one is made in the pause (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const cut = deferred();
    const options = { retryDelayMs: () => 50, onClose: () => cut.resolve() };
    const { client } = server.client(version, options);
    const red = watch(client);
    const first = await server.socket(0);
    const { id } = await first.message();
    first.send(started(id, 0));
    await red.started;
    first.cut();
    await cut.promise;
    record((on) => client.onMessage.subscribe({ room: "blue" }, on as never));
    // Clients before 11.25 open a socket for the new one alone, and close it when the pause is over.
    const resumed = await server.sent(1, ({ params }) => params?.input?.room === "red");
    expect(resumed.message.params?.lastEventId).toBe(eventId(0));
    resumed.socket.send(event(id, 1), started(id, 1));
    await red.received(1);
    expect(server.sockets).toHaveLength(isBefore(version, "11.25") ? 3 : 2);
  },
);
