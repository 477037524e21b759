import { expect, it } from "vitest";
import { event, eventId, started } from "../../unit/client/history.ts";
import { clientVersions, record } from "../client.ts";
import { scriptedServer } from "./scriptedServer.ts";

const MAX_FRAME_BYTES = 32 * 1024;

it.each(clientVersions)(
  "race R8: requests wait for the ack of the params (client %s)",
  async (version) => {
    const server = await scriptedServer();
    // Nothing comes before the ack, however long it takes.
    const file = { paramsAckTimeoutMs: 2 ** 31 - 1 };
    const { client } = server.client(version, { file, connectionParams: { token: "t" } });
    const recording = record((on) => client.onMessage.subscribe({ room: "red" }, on as never));
    const answer = client.echo.query("x");
    for (let n = 0; n < 2; n++) {
      const socket = await server.socket(n);
      expect(socket.url).toBe("/?connectionParams=1");
      expect(await socket.message()).toEqual({
        method: "connectionParams",
        data: { token: "t" },
        ack: true,
      });
      expect(socket.frames).toHaveLength(1);
      socket.send({ id: null, method: "connectionParams" });
      const messages = await socket.messages(n === 0 ? 2 : 1);
      for (const { id, method } of messages) {
        if (method === "query") socket.send({ id, result: { type: "data", data: "x" } });
        else socket.send(started(id, n), event(id, n + 1));
      }
      await recording.received(n + 1);
      if (n === 0) expect(await answer).toBe("x");
      socket.cut();
    }
  },
);

it.each(clientVersions)("sends on to a server that knows no ack (client %s)", async (version) => {
  const server = await scriptedServer();
  const file = { paramsAckTimeoutMs: 50 };
  const { client } = server.client(version, { file, connectionParams: { token: "t" } });
  const answer = client.echo.query("x");
  const socket = await server.socket(0);
  const [, query] = await socket.messages(2);
  socket.send({ id: query?.id, result: { type: "data", data: "x" } });
  expect(await answer).toBe("x");
});

it.each(clientVersions)(
  "race R31: 300 subscriptions come back in frames that API Gateway takes (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version);
    const all = Array.from({ length: 300 }, (_, n) =>
      record((on) => client.onMessage.subscribe({ room: `${"r".repeat(200)}${n}` }, on as never)),
    );
    for (let n = 0; n < 2; n++) {
      const socket = await server.socket(n);
      const messages = await socket.messages(all.length);
      expect(new Set(messages.map(({ id }) => id)).size).toBe(all.length);
      const sizes = socket.frames.map((text) => Buffer.byteLength(text));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(24 * 1024);
      for (const { id, params } of messages) {
        expect(params?.lastEventId).toBe(n === 0 ? undefined : eventId(id));
        socket.send(started(id, id));
      }
      await Promise.all(all.map((one) => one.started));
      socket.cut();
    }
  },
);

it.each(clientVersions)(
  "what no frame can hold fails by itself, and the socket goes on (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version);
    const room = "x".repeat(MAX_FRAME_BYTES);
    const tooLarge = record((on) => client.onMessage.subscribe({ room }, on as never));
    const small = record((on) => client.onMessage.subscribe({ room: "red" }, on as never));
    const error = await tooLarge.failed();
    expect(error).toMatchObject({ data: { code: "PAYLOAD_TOO_LARGE", httpStatus: 413 } });
    await expect(client.echo.query(room)).rejects.toMatchObject({
      message: expect.stringContaining("32768"),
      data: { code: "PAYLOAD_TOO_LARGE" },
    });
    const socket = await server.socket(0);
    const { id, params } = await socket.message();
    expect(params?.input).toEqual({ room: "red" });
    socket.send(started(id, 0), event(id, 1));
    await small.received(1);
    expect(server.sockets).toHaveLength(1);
  },
);

const LOST = { message: "Internal server error", connectionId: "abc=", requestId: "r" };

it.each(clientVersions)(
  "race R7: what a lost invocation leaves unanswered is sent again (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version);
    const recording = record((on) => client.onMessage.subscribe({ room: "red" }, on as never));
    const first = await server.socket(0);
    await first.message();
    first.send(LOST);
    const second = await server.socket(1);
    const { id } = await second.message();
    second.send(started(id, 0), event(id, 1));
    await recording.received(1);
    const answer = client.echo.query("x");
    await second.message();
    second.send(LOST);
    await expect(answer).rejects.toThrow();
    expect((await (await server.socket(2)).message()).params?.lastEventId).toBe(eventId(1));
  },
);

it.each(clientVersions)(
  "race R7: so is a subscription that nobody answers, on another socket (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version, { file: { startedTimeoutMs: 50 } });
    const recording = record((on) => client.onMessage.subscribe({ room: "red" }, on as never));
    await (await server.socket(0)).message();
    // On a busy machine an answer may come too late, and there is one more.
    const answer = async (n: number): Promise<void> => {
      const socket = await server.socket(n);
      void answer(n + 1);
      const { id } = await socket.message();
      socket.send(started(id, 0), event(id, 1));
    };
    void answer(1);
    await recording.received(1);
  },
);

it.each(clientVersions)(
  "opens and closes with a lazy client, again and again (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const { client } = server.client(version, { lazy: { enabled: true, closeMs: 0 } });
    for (let n = 0; n < 3; n++) {
      const answer = client.echo.query("x");
      const socket = await server.socket(n);
      const { id } = await socket.message();
      socket.send({ id, result: { type: "data", data: n } });
      expect(await answer).toBe(n);
      await socket.closed;
    }
  },
);

it.each(clientVersions)(
  "keeps the socket alive by PING, and closes it with the client (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const keepAlive = { enabled: true, intervalMs: 10, pongTimeoutMs: 10_000 };
    const { client, close } = server.client(version, { keepAlive });
    const recording = record((on) => client.onMessage.subscribe({ room: "red" }, on as never));
    const socket = await server.socket(0);
    const { id } = await socket.message();
    socket.send(started(id, 0));
    await recording.started;
    await socket.pinged(3);
    await close();
    await recording.completed;
    await socket.closed;
    expect(server.sockets).toHaveLength(1);
  },
);
