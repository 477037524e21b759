import { once } from "node:events";
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { expect, test, vi } from "vitest";
import type { WebSocketEvent } from "../../src/adapters/api-gateway/event.ts";
import { accept, gate, Observer, refusal, TestClient, testGateway } from "./testGateway.ts";

test("the handshake waits for $connect", async () => {
  const entered = gate();
  const leave = gate();
  const gateway = await testGateway({
    handlers: {
      connect: async () => {
        entered.open();
        await leave.opened;
        return { statusCode: 200 };
      },
    },
  });
  const client = new TestClient(gateway.url);
  await entered.opened;
  expect(client.socket.readyState).toBe(client.socket.CONNECTING);
  expect(gateway.connectionIds()).toEqual([]);
  leave.open();
  await once(client.socket, "open");
  expect(gateway.connectionIds()).toHaveLength(1);
});

test.each([300, 401, 403, 501])(
  "a status of %i from $connect refuses with it",
  async (statusCode) => {
    const observer = new Observer();
    const disconnect = vi.fn(accept);
    const gateway = await testGateway({
      handlers: { connect: () => Promise.resolve({ statusCode }), disconnect },
      onEvent: observer.onEvent,
    });
    expect(await refusal(gateway.url)).toBe(statusCode);
    expect(observer.ofType("upgradeRefused")).toMatchObject([{ statusCode, url: "/local" }]);
    await gateway.settled();
    expect(disconnect).not.toHaveBeenCalled();
  },
);

test.each([200, 201, 299])("a status of %i from $connect accepts", async (statusCode) => {
  const gateway = await testGateway({
    handlers: { connect: () => Promise.resolve({ statusCode }) },
  });
  const { socket } = await TestClient.open(gateway.url);
  expect(socket.readyState).toBe(socket.OPEN);
});

test.each([
  ["throws", () => Promise.reject(new Error("broken"))],
  ["returns nothing", () => Promise.resolve(undefined)],
  ["returns no status", () => Promise.resolve({ body: "ok" })],
  ["overruns", () => new Promise(() => undefined)],
])("a $connect that %s is answered with 502", async (_what, connect) => {
  const gateway = await testGateway({
    handlers: { connect },
    integrationTimeoutMs: 50,
    lambdaTimeoutMs: 50,
  });
  expect(await refusal(gateway.url)).toBe(502);
});

test("without a $connect route every client is accepted", async () => {
  const gateway = await testGateway({ handlers: {} });
  const { socket } = await TestClient.open(gateway.url);
  expect(socket.readyState).toBe(socket.OPEN);
});

test("a refusal carries the JSON body of the gateway", async () => {
  const gateway = await testGateway({
    handlers: { connect: () => Promise.resolve({ statusCode: 401 }) },
  });
  const { host, pathname } = new URL(gateway.endpoint);
  const call = request(`http://${host}${pathname}`, {
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  });
  call.end();
  const [response] = await once(call, "response");
  const chunks = await response.toArray();
  expect(response.statusCode).toBe(401);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({
    message: "Unauthorized",
    connectionId: expect.any(String),
    requestId: expect.any(String),
  });
});

test.each(["", "/", "/prod", "/prod/", "/prod?a=1", "/prod/?a=1"])(
  'the path "%s" belongs to stage prod',
  async (path) => {
    const gateway = await testGateway({ handlers: {}, stage: "prod" });
    const { socket } = await TestClient.open(`ws://${new URL(gateway.url).host}${path}`);
    expect(socket.readyState).toBe(socket.OPEN);
  },
);

test.each(["/$default", "/%24default"])(
  'the path "%s" belongs to the stage called $default',
  async (path) => {
    const gateway = await testGateway({ handlers: {}, stage: "$default" });
    const { socket } = await TestClient.open(`ws://${new URL(gateway.url).host}${path}`);
    expect(socket.readyState).toBe(socket.OPEN);
  },
);

test.each(["/dev", "/prod/x", "/production", "/x/prod"])(
  'the path "%s" is refused with 403 and no handler',
  async (path) => {
    const connect = vi.fn(accept);
    const gateway = await testGateway({ handlers: { connect }, stage: "prod" });
    expect(await refusal(`ws://${new URL(gateway.url).host}${path}`)).toBe(403);
    expect(connect).not.toHaveBeenCalled();
  },
);

test("a request without a WebSocket key is refused with 400 before $connect", async () => {
  const connect = vi.fn(accept);
  const gateway = await testGateway({ handlers: { connect } });
  const call = request(gateway.endpoint, {
    headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
  });
  call.end();
  const [response] = await once(call, "response");
  response.resume();
  expect(response.statusCode).toBe(400);
  expect(connect).not.toHaveBeenCalled();
});

test("the subprotocol is the one $connect returns, however it spells the header", async () => {
  const gateway = await testGateway({
    handlers: {
      connect: () =>
        Promise.resolve({ statusCode: 200, headers: { "sec-websocket-PROTOCOL": "trpc" } }),
    },
  });
  const { socket } = await TestClient.open(gateway.url, { subprotocols: ["auth.t", "trpc"] });
  expect(socket.protocol).toBe("trpc");
});

test("no subprotocol is echoed when $connect returns none, so the client fails", async () => {
  const gateway = await testGateway({ handlers: { connect: accept } });
  const client = new TestClient(gateway.url, { subprotocols: ["trpc"] });
  const [error] = await once(client.socket, "error");
  expect(String(error)).toContain("no subprotocol");
});

test("a subprotocol with a line break is answered with 502", async () => {
  const headers = { "Sec-WebSocket-Protocol": "trpc\r\nSet-Cookie: a=b" };
  const gateway = await testGateway({
    handlers: { connect: () => Promise.resolve({ statusCode: 200, headers }) },
  });
  expect(await refusal(gateway.url)).toBe(502);
});

test("a client that resets the socket during $connect still gets its $disconnect", async () => {
  const entered = gate();
  const leave = gate();
  const disconnected = gate<WebSocketEvent>();
  const gateway = await testGateway({
    handlers: {
      connect: async () => {
        entered.open();
        await leave.opened;
        return { statusCode: 200 };
      },
      disconnect: async (event) => disconnected.open(event),
    },
  });
  const { hostname, port } = new URL(gateway.endpoint);
  const socket = connectTcp(Number(port), hostname);
  socket.write(
    "GET /local HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await entered.opened;
  socket.resetAndDestroy();
  await once(socket, "close");
  leave.open();
  const event = await disconnected.opened;
  expect(event.requestContext).toMatchObject({ disconnectStatusCode: 1006 });
  expect(gateway.connectionIds()).toEqual([]);
});
