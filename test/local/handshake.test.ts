import { once } from "node:events";
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { expect, test, vi } from "vitest";
import type { WebSocketEvent } from "../../src/adapters/api-gateway/event.ts";
import type { AuthorizerEvent, AuthorizerResult } from "../../src/local/index.ts";
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

test.each(["/dev", "/prod/x", "/production", "/?/prod".replace("?", "x")])(
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

function policy(Effect: "Allow" | "Deny", Resource: string): AuthorizerResult["policyDocument"] {
  return { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect, Resource }] };
}

test("the authorizer's context is on every event, as strings", async () => {
  const events: WebSocketEvent[] = [];
  const asked = gate<AuthorizerEvent>();
  const record = async (event: WebSocketEvent): Promise<{ statusCode: number }> => {
    events.push(event);
    return { statusCode: 200 };
  };
  const disconnected = gate();
  const gateway = await testGateway({
    handlers: {
      connect: record,
      default: record,
      disconnect: async (event) => {
        await record(event);
        disconnected.open();
      },
    },
    region: "eu-west-1",
    stage: "prod",
    apiId: "abc",
    authorizer: async (event) => {
      asked.open(event);
      return {
        principalId: "user1",
        policyDocument: policy("Allow", event.methodArn),
        context: { tenant: "t", age: 12, isAdmin: true },
      };
    },
  });
  const { socket } = await TestClient.open(`${gateway.url}?token=t`, { headers: { Cookie: "c" } });
  socket.send("hi");
  socket.close();
  await disconnected.opened;
  expect(await asked.opened).toMatchObject({
    type: "REQUEST",
    methodArn: "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/$connect",
    headers: { Cookie: "c" },
    queryStringParameters: { token: "t" },
    requestContext: { routeKey: "$connect" },
  });
  expect(events).toHaveLength(3);
  for (const { requestContext } of events) {
    expect(requestContext.authorizer).toEqual({
      principalId: "user1",
      integrationLatency: expect.any(Number),
      tenant: "t",
      age: "12",
      isAdmin: "true",
    });
  }
});

const arn = "arn:aws:execute-api:local:000000000000:local/local/$connect";
const allow = (Resource: string): AuthorizerResult => ({
  principalId: "u",
  policyDocument: policy("Allow", Resource),
});

test.each([arn, "*", "arn:aws:execute-api:*:*:local/local/*", "arn:aws:execute-api:?ocal:*"])(
  "a policy that allows %s lets the client in",
  async (resource) => {
    const gateway = await testGateway({
      handlers: {},
      authorizer: () => Promise.resolve(allow(resource)),
    });
    const { socket } = await TestClient.open(gateway.url);
    expect(socket.readyState).toBe(socket.OPEN);
  },
);

const denied: AuthorizerResult = { principalId: "u", policyDocument: policy("Deny", "*") };
const both: AuthorizerResult = {
  principalId: "u",
  policyDocument: {
    Statement: [...policy("Allow", "*").Statement, ...policy("Deny", arn).Statement],
  },
};
const unreadable = Object.assign(allow("*"), { context: { nested: { a: 1 } } });

test.each([
  ["denies", 403, () => Promise.resolve(denied)],
  ["allows and denies", 403, () => Promise.resolve(both)],
  ["allows another API only", 403, () => Promise.resolve(allow(arn.replace("local/local", "x/y")))],
  [
    "has no statement",
    403,
    () => Promise.resolve({ ...denied, policyDocument: { Statement: [] } }),
  ],
  ["throws Unauthorized", 401, () => Promise.reject(new Error("Unauthorized"))],
  ["throws something else", 500, () => Promise.reject(new Error("no database"))],
  ["returns a nested context", 500, () => Promise.resolve(unreadable as AuthorizerResult)],
  ["overruns", 500, () => new Promise<AuthorizerResult>(() => undefined)],
])(
  "an authorizer that %s: %i, and $connect does not run",
  async (_what, statusCode, authorizer) => {
    const connect = vi.fn(accept);
    const gateway = await testGateway({
      handlers: { connect },
      authorizer,
      integrationTimeoutMs: 50,
    });
    expect(await refusal(gateway.url)).toBe(statusCode);
    expect(connect).not.toHaveBeenCalled();
  },
);
