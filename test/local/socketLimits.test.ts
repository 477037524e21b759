import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import type { Gateway } from "../../src/local/index.ts";
import { type Gate, gate, Observer, TestClient, testGateway } from "./testGateway.ts";

const FRAME_BYTES = 32 * 1024;
const MESSAGE_BYTES = 128 * 1024;
const MINUTE_MS = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

interface Limits {
  readonly gateway: Gateway;
  readonly client: TestClient;
  readonly observer: Observer;
  readonly received: Gate<number>;
}

async function connected(options: { readonly idleTimeoutMs?: number } = {}): Promise<Limits> {
  const observer = new Observer();
  const received = gate<number>();
  const gateway = await testGateway({
    ...options,
    handlers: {
      default: async ({ body }) => received.open(body?.length ?? 0),
      disconnect: () => Promise.resolve(),
    },
    onEvent: observer.onEvent,
  });
  return { gateway, client: await TestClient.open(gateway.url), observer, received };
}

function sendFragments({ socket }: TestClient, sizes: readonly number[]): void {
  sizes.forEach((size, index) => {
    socket.send("x".repeat(size), { fin: index === sizes.length - 1 });
  });
}

test("a message of one frame of 32 KB arrives", async () => {
  const { client, received } = await connected();
  client.socket.send("x".repeat(FRAME_BYTES));
  expect(await received.opened).toBe(FRAME_BYTES);
});

test("a frame of one byte more closes with 1009 and invokes nothing", async () => {
  const { client, observer } = await connected();
  client.socket.send("x".repeat(FRAME_BYTES + 1));
  expect(await client.closed).toEqual({ code: 1009, reason: "" });
  expect(await observer.first("closed")).toMatchObject({ code: 1009 });
  expect(observer.ofType("frameReceived")).toEqual([]);
});

test("the limit is in bytes, not in characters", async () => {
  const { client } = await connected();
  client.socket.send("é".repeat(FRAME_BYTES / 2 + 1));
  expect((await client.closed).code).toBe(1009);
});

test("a message of four frames of 32 KB arrives", async () => {
  const { client, received } = await connected();
  sendFragments(client, [FRAME_BYTES, FRAME_BYTES, FRAME_BYTES, FRAME_BYTES]);
  expect(await received.opened).toBe(MESSAGE_BYTES);
});

test("a message of one byte more closes with 1009", async () => {
  const { client, observer } = await connected();
  sendFragments(client, [FRAME_BYTES, FRAME_BYTES, FRAME_BYTES, FRAME_BYTES, 1]);
  expect((await client.closed).code).toBe(1009);
  expect(await observer.first("closed")).toMatchObject({ code: 1009 });
  expect(observer.ofType("frameReceived")).toEqual([]);
});

test("a fragment too large closes with 1009 without waiting for the rest of the message", async () => {
  const { client } = await connected();
  client.socket.send("x".repeat(FRAME_BYTES + 1), { fin: false });
  expect((await client.closed).code).toBe(1009);
});

test("a small message before one too large is handled, one after it is not", async () => {
  const { client, observer } = await connected();
  client.socket.send("before");
  client.socket.send("x".repeat(FRAME_BYTES + 1));
  client.socket.send("after");
  expect((await client.closed).code).toBe(1009);
  await observer.first("closed");
  expect(observer.ofType("frameReceived")).toMatchObject([{ body: "before" }]);
});

test("a binary message closes with 1003", async () => {
  const { client, observer } = await connected();
  client.socket.send(Buffer.from("hi"));
  expect((await client.closed).code).toBe(1003);
  expect(await observer.first("closed")).toMatchObject({ code: 1003 });
  expect(observer.ofType("frameReceived")).toEqual([]);
});

test("a text message that is not UTF-8 closes with 1007", async () => {
  const { client, observer } = await connected();
  client.socket.send(Buffer.from([0xff]), { binary: false });
  expect((await client.closed).code).toBe(1007);
  expect(await observer.first("closed")).toMatchObject({ code: 1007, error: expect.any(Error) });
});

function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
}

test("ten minutes without a message close with 1001", async () => {
  fakeTimers();
  const { client, observer } = await connected();
  vi.advanceTimersByTime(10 * MINUTE_MS - 1);
  expect(observer.ofType("closed")).toEqual([]);
  expect(client.socket.readyState).toBe(client.socket.OPEN);
  vi.advanceTimersByTime(1);
  expect(await client.closed).toEqual({ code: 1001, reason: "Going away" });
  expect(await observer.first("closed")).toMatchObject({ code: 1001, reason: "Going away" });
});

test("a message of the client starts the ten minutes again, a ping does not", async () => {
  fakeTimers();
  const { gateway, client, received } = await connected();
  vi.advanceTimersByTime(9 * MINUTE_MS);
  client.socket.send("hi");
  await received.opened;
  await gateway.settled();
  vi.advanceTimersByTime(9 * MINUTE_MS);
  client.socket.ping();
  await once(client.socket, "pong");
  expect(client.socket.readyState).toBe(client.socket.OPEN);
  vi.advanceTimersByTime(MINUTE_MS);
  expect((await client.closed).code).toBe(1001);
});

test("a message to the client starts the ten minutes again", async () => {
  fakeTimers();
  const gateway = await testGateway({ handlers: {} });
  const client = await TestClient.open(gateway.url);
  vi.advanceTimersByTime(9 * MINUTE_MS);
  const [connectionId = ""] = gateway.connectionIds();
  const url = `${gateway.endpoint}/@connections/${encodeURIComponent(connectionId)}`;
  expect((await fetch(url, { method: "POST", body: "hi" })).status).toBe(200);
  expect(await client.next()).toBe("hi");
  vi.advanceTimersByTime(9 * MINUTE_MS);
  client.socket.ping();
  await once(client.socket, "pong");
  expect(gateway.connectionIds()).toEqual([connectionId]);
  vi.advanceTimersByTime(MINUTE_MS);
  expect((await client.closed).code).toBe(1001);
});

test("two hours close with 1001, however busy the socket is", async () => {
  fakeTimers();
  const { client, observer } = await connected({ idleTimeoutMs: Number.POSITIVE_INFINITY });
  vi.advanceTimersByTime(120 * MINUTE_MS - 1);
  client.socket.send("hi");
  await observer.first("frameReceived");
  expect(client.socket.readyState).toBe(client.socket.OPEN);
  vi.advanceTimersByTime(1);
  expect(await client.closed).toEqual({ code: 1001, reason: "Going away" });
});
