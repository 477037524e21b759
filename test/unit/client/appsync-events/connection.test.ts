import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { AppSyncConnection } from "../../../../src/client/appsync-events/connection.ts";
import type { Grant } from "../../../../src/protocol/broadcast.ts";
import { type FakeSocket, fakeSockets } from "./fakeSocket.ts";

const ENDPOINT = { url: "ws://local/event/realtime", host: "local" };
const grant = (token: string): Grant => ({ topics: [], token, clientId: "c", expiresInMs: 1000 });
const granted = (topic: string, token = "token") => ({ topic, grant: grant(token) });

/** A connection under way, and what it tells. */
function opening(signal: AbortSignal = new AbortController().signal) {
  const { WebSocket, sockets } = fakeSockets();
  const messages: (readonly [string, string])[] = [];
  const closes: Error[] = [];
  const errors: Error[] = [];
  const options = {
    WebSocket,
    endpoint: ENDPOINT,
    token: "token",
    onMessage: (topic: string, body: string) => void messages.push([topic, body]),
    onClose: (error: Error) => void closes.push(error),
    onError: (error: Error) => void errors.push(error),
  };
  const opened = AppSyncConnection.open(options, signal);
  const [socket] = sockets as [FakeSocket];
  onTestFinished(() => socket.emit("close"));
  return { opened, socket, messages, closes, errors };
}

async function open() {
  const parts = opening();
  parts.socket.emit("open");
  parts.socket.say({ type: "connection_ack", connectionTimeoutMs: 60_000 });
  return { ...parts, connection: await parts.opened };
}

const refused = { code: "BROKER_REFUSED" };
const failed = { code: "BROKER_CONNECTION" };

describe("opening a connection", () => {
  it("authorizes itself by a subprotocol, and waits for the acknowledgment", async () => {
    const { socket } = await open();
    expect(socket.url).toBe(ENDPOINT.url);
    const [name, header = ""] = socket.subprotocols;
    expect(name).toBe("aws-appsync-event-ws");
    expect(header).toMatch(/^header-[A-Za-z0-9_-]+$/);
    const authorization = Buffer.from(header.slice("header-".length), "base64url").toString();
    expect(JSON.parse(authorization)).toEqual({ Authorization: "token", host: "local" });
    expect(socket.sent).toEqual([{ type: "connection_init" }]);
  });

  it.each([
    [{ errorType: "UnauthorizedException", errorCode: 401 }, refused],
    [{ errorType: "LimitExceededError" }, refused],
    [{ errorType: "InternalFailure" }, failed],
    [{ errorCode: 503 }, failed],
  ])("rejects for the error %j", async (error, expected) => {
    const { opened, socket, closes } = opening();
    socket.say({ type: "connection_error", errors: [error] });
    await expect(opened).rejects.toMatchObject(expected);
    socket.emit("close", { code: 4401 });
    expect([socket.isClosed, closes]).toEqual([true, []]);
  });

  it("rejects when the socket fails or closes first, or is no longer wanted", async () => {
    for (const event of ["error", "close"]) {
      const { opened, socket, closes } = opening();
      socket.emit(event, { message: "ECONNREFUSED", code: 1006 });
      await expect(opened).rejects.toMatchObject(failed);
      expect(closes).toEqual([]);
    }
    const { opened: brief, socket: gone, closes } = opening();
    gone.say({ type: "connection_ack" });
    gone.emit("close", { code: 1001 });
    await expect(brief).rejects.toMatchObject(failed);
    expect(closes).toEqual([]);
    const unwanted = new AbortController();
    const { opened, socket } = opening(unwanted.signal);
    unwanted.abort();
    await expect(opened).rejects.toMatchObject(failed);
    expect(socket.isClosed).toBe(true);
    await expect(opening(AbortSignal.abort()).opened).rejects.toMatchObject(failed);
  });
});

describe("subscribing", () => {
  it("resolves when each topic is confirmed, with the token of its grant", async () => {
    const { connection, socket, messages } = await open();
    const subscribed = connection.subscribe([granted("/a", "one"), granted("/b", "two")]);
    expect(socket.sent.slice(1)).toEqual([
      {
        type: "subscribe",
        id: "1",
        channel: "/a",
        authorization: { Authorization: "one", host: "local" },
      },
      {
        type: "subscribe",
        id: "2",
        channel: "/b",
        authorization: { Authorization: "two", host: "local" },
      },
    ]);
    socket.say({ type: "subscribe_success", id: "2" });
    socket.say({ type: "data", id: "1", event: "early" });
    socket.say({ type: "subscribe_success", id: "1" });
    await subscribed;
    socket.say({ type: "data", id: "2", event: ["x", "y"] });
    socket.say({ type: "data", id: "3", event: "nobody's" });
    expect(messages).toEqual([
      ["/a", "early"],
      ["/b", "x"],
      ["/b", "y"],
    ]);
  });

  it("rejects when one is refused, and takes back the others", async () => {
    const { connection, socket, closes, messages } = await open();
    const subscribed = connection.subscribe([granted("/a"), granted("/b")]);
    const errors = [{ errorType: "UnauthorizedException", message: "not you" }];
    socket.say({ type: "subscribe_error", id: "2", errors });
    await expect(subscribed).rejects.toMatchObject(refused);
    await expect(subscribed).rejects.toThrow("UnauthorizedException: not you");
    expect(socket.sent.at(-1)).toEqual({ type: "unsubscribe", id: "1" });
    socket.say({ type: "subscribe_success", id: "1" });
    socket.say({ type: "data", id: "1", event: "late" });
    expect([closes, messages]).toEqual([[], []]);
  });

  it("drops what still comes for a topic that was left, and hears it again under another id", async () => {
    const { connection, socket, messages } = await open();
    void connection.subscribe([granted("/a")]);
    socket.say({ type: "subscribe_success", id: "1" });
    connection.unsubscribe(["/a", "/unknown"]);
    void connection.subscribe([granted("/a")]);
    socket.say({ type: "data", id: "1", event: "old" });
    socket.say({ type: "subscribe_success", id: "2" });
    socket.say({ type: "data", id: "2", event: "new" });
    expect(socket.sent.at(-2)).toEqual({ type: "unsubscribe", id: "1" });
    expect(messages).toEqual([["/a", "new"]]);
  });
});

describe("the end of a connection", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is told once, and rejects what is under way", async () => {
    const { connection, socket, closes } = await open();
    const subscribed = connection.subscribe([granted("/a")]);
    socket.emit("close", { code: 1001, reason: "Going away" });
    socket.emit("close", { code: 1001 });
    await expect(subscribed).rejects.toMatchObject(failed);
    await expect(connection.subscribe([granted("/b")])).rejects.toMatchObject(failed);
    expect(closes).toEqual([expect.objectContaining(failed)]);
    expect(closes[0]?.message).toContain("1001, Going away");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("comes after silence for as long as AppSync said, not before", async () => {
    const { socket, closes } = await open();
    vi.advanceTimersByTime(59_000);
    socket.say({ type: "ka" });
    vi.advanceTimersByTime(59_999);
    expect(closes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(closes[0]?.message).toContain("nothing came for 60000 ms");
    expect([socket.isClosed, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it("comes after silence though the clock is set back", async () => {
    const { socket, closes } = await open();
    vi.setSystemTime(Date.now() - 24 * 3_600_000);
    vi.advanceTimersByTime(120_000);
    expect([closes.length, socket.isClosed]).toEqual([1, true]);
  });

  it("is silent, and leaves no timer, when it was asked for", async () => {
    const { connection, socket, closes } = await open();
    const subscribed = connection.subscribe([granted("/a")]);
    connection.close();
    connection.close();
    connection.unsubscribe(["/a"]);
    socket.emit("close");
    await expect(subscribed).rejects.toMatchObject(failed);
    expect([closes, socket.isClosed, vi.getTimerCount()]).toEqual([[], true, 0]);
  });

  it("comes with a frame that is none, but not with an error of an event or an unknown frame", async () => {
    const { socket, closes, errors } = await open();
    socket.say({ type: "broadcast_error", id: "1", errors: [{ errorType: "InternalFailure" }] });
    socket.say({ type: "error", errors: "garbled" });
    socket.say({ type: "something new" });
    expect([errors.length, closes.length]).toEqual([2, 0]);
    socket.emit("message", { data: "no JSON" });
    expect(closes).toHaveLength(1);
  });
});
