import { createTestGateway, type WebSocketClass } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appSubscriptions } from "./chatApp.ts";

const open = () =>
  createTestGateway(appSubscriptions, {
    connect: { authorize: () => ({ session: { userId: "a" } }) },
  });
let gateway: ReturnType<typeof open>;
let socket: InstanceType<WebSocketClass>;
let seen: unknown[];

beforeEach(() => {
  gateway = open();
  socket = new gateway.WebSocket(gateway.url);
  seen = [];
  socket.addEventListener("open", () => seen.push("open"));
  socket.addEventListener("error", () => seen.push("error"));
  socket.addEventListener("message", ({ data }) => seen.push(data));
  socket.addEventListener("close", ({ code, reason, wasClean }) =>
    seen.push({ code, reason, wasClean }),
  );
});
afterEach(() => gateway.close());

it("goes through the states that browsers know", async () => {
  const { CONNECTING, OPEN, CLOSING, CLOSED } = gateway.WebSocket;
  expect([CONNECTING, OPEN, CLOSING, CLOSED]).toEqual([0, 1, 2, 3]);
  expect(socket.readyState).toBe(CONNECTING);
  expect(() => socket.send("early")).toThrow(
    expect.objectContaining({ name: "InvalidStateError" }),
  );
  await gateway.settled();
  expect(socket.readyState).toBe(OPEN);
  socket.send("PING");
  await gateway.settled();
  socket.close(4001, "done");
  expect(socket.readyState).toBe(CLOSING);
  socket.send("dropped");
  await gateway.settled();
  expect(socket.readyState).toBe(CLOSED);
  expect(seen).toEqual(["open", "PONG", { code: 4001, reason: "done", wasClean: true }]);
});

it("calls the handler properties too", async () => {
  const called: string[] = [];
  socket.onopen = () => called.push("open");
  socket.onmessage = () => called.push("message");
  socket.onclose = () => called.push("close");
  await gateway.settled();
  socket.send("PING");
  await gateway.settled();
  socket.close();
  await gateway.settled();
  expect(called).toEqual(["open", "message", "close"]);
});

it.each([
  [1, "http://example.com", "SyntaxError"],
  [2, "not a url", "SyntaxError"],
  [3, "wss://example.com/#part", "SyntaxError"],
  [4, "wss://example.com/test", "TestGatewayError"],
])("refuses to be made for wrong URL %i", (_, url, name) => {
  expect(() => new gateway.WebSocket(url)).toThrow(expect.objectContaining({ name }));
});

it("refuses close codes that are not a client's", () => {
  expect(() => socket.close(1001)).toThrow(expect.objectContaining({ name: "InvalidAccessError" }));
});

it("fails when it is closed before it opened, and the connection is gone", async () => {
  socket.close();
  await gateway.settled();
  expect(seen).toEqual(["error", { code: 1006, reason: "", wasClean: false }]);
  expect(gateway.connectionIds()).toEqual([]);
});

it("fails on a path that is no stage", async () => {
  const lost = new gateway.WebSocket(`${gateway.url}/elsewhere`);
  const failed: string[] = [];
  lost.onerror = () => failed.push("error");
  lost.onclose = () => failed.push("close");
  await gateway.settled();
  expect(failed).toEqual(["error", "close"]);
});

it("is given the subprotocol it asked for", async () => {
  const asking = new gateway.WebSocket(gateway.url, ["chat.v1", "chat.v0"]);
  await gateway.settled();
  expect(asking.protocol).toBe("chat.v1");
});

describe("limits of API Gateway", () => {
  const query = (input: string): string =>
    JSON.stringify({ id: 1, method: "mutation", params: { path: "echo", input: { json: input } } });
  const LARGEST = 32_768;

  it("let a frame of 32 KB through", async () => {
    await gateway.settled();
    const overhead = query("").length;
    socket.send(query("x".repeat(LARGEST - overhead)));
    await gateway.settled();
    expect(socket.readyState).toBe(1);
    expect(seen[1]).toContain("xxxx");
  });

  it.each([
    ["a frame beyond 32 KB", "é".repeat(LARGEST / 2 + 1), 1009],
    ["a binary message", new Uint8Array(1), 1003],
  ])("close the socket for %s", async (_, frame, code) => {
    await gateway.settled();
    socket.send(frame);
    await gateway.settled();
    expect(seen.at(-1)).toEqual({ code, reason: "", wasClean: true });
    expect(gateway.connectionIds()).toEqual([]);
  });

  it("refuse a message of more than 128 KB before anything is sent", async () => {
    await expect(
      gateway.publisher.routes.onAlert.publish({ data: "x".repeat(131_072) }),
    ).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  });
});

it("runs the handlers of two frames side by side, each in an invocation of its own", async () => {
  await gateway.settled();
  for (const id of [1, 2])
    socket.send(JSON.stringify({ id, method: "query", params: { path: "whoAmI" } }));
  await gateway.settled();
  expect(seen.slice(1).map((frame) => JSON.parse(String(frame)).id)).toEqual([1, 2]);
});

it("is closed when the gateway is", async () => {
  await gateway.settled();
  await gateway.close();
  await gateway.close();
  expect(seen.at(-1)).toEqual({ code: 1001, reason: "Going away", wasClean: true });
  const refused = new gateway.WebSocket(gateway.url);
  await gateway.settled();
  expect(refused.readyState).toBe(3);
});
