import { expect, test } from "vitest";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketEvent,
  WebSocketMessageEvent,
} from "../../src/adapters/api-gateway/event.ts";
import type { GatewayOptions } from "../../src/local/index.ts";
import { capturedKeys, keysOf } from "../capturedEvents.ts";
import { type ClientRequest, gate, TestClient, testGateway } from "./testGateway.ts";

interface Captured {
  readonly connect: WebSocketConnectEvent;
  readonly message: WebSocketMessageEvent;
  readonly disconnect: WebSocketDisconnectEvent;
}

/** The three events of a connection that says "hi" and closes without a code. */
async function captured(
  options: Omit<GatewayOptions, "handlers"> = {},
  client: ClientRequest & { readonly query?: string } = {},
): Promise<Captured> {
  const [connect, message, disconnect] = [
    gate<WebSocketConnectEvent>(),
    gate<WebSocketMessageEvent>(),
    gate<WebSocketDisconnectEvent>(),
  ];
  const gateway = await testGateway({
    ...options,
    handlers: {
      connect: async (event) => {
        connect.open(event);
        return { statusCode: 200 };
      },
      default: async (event) => message.open(event),
      disconnect: async (event) => disconnect.open(event),
    },
  });
  const { query = "", ...request } = client;
  const { socket } = await TestClient.open(`${gateway.url}${query}`, request);
  socket.send("hi");
  await message.opened;
  socket.close();
  return {
    connect: await connect.opened,
    message: await message.opened,
    disconnect: await disconnect.opened,
  };
}

const ID = /^[A-Za-z0-9_-]{15}=$/;
const REQUEST_TIME =
  /^\d{2}\/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/;

test("$connect has the fields of a captured event and no others", async () => {
  const { connect } = await captured();
  expect(keysOf(connect)).toEqual(capturedKeys.connect);
  expect(connect.requestContext).toMatchObject({
    routeKey: "$connect",
    eventType: "CONNECT",
    messageDirection: "IN",
    apiId: "local",
    stage: "local",
    domainName: "127.0.0.1",
    identity: { sourceIp: "127.0.0.1" },
  });
  expect(connect.isBase64Encoded).toBe(false);
});

test("a message has a message id and a body, and neither headers nor a query string", async () => {
  const { message } = await captured({}, { query: "?token=t" });
  expect(keysOf(message)).toEqual(capturedKeys.message);
  expect(message).toMatchObject({
    body: "hi",
    isBase64Encoded: false,
    requestContext: {
      routeKey: "$default",
      eventType: "MESSAGE",
      messageId: expect.stringMatching(ID),
    },
  });
});

test("$disconnect has the close code, its reason, and the four headers of a captured event", async () => {
  const { disconnect } = await captured();
  expect(keysOf(disconnect)).toEqual(capturedKeys.disconnect);
  expect(disconnect.headers).toEqual({
    Host: "127.0.0.1",
    "x-api-key": "",
    "X-Forwarded-For": "",
    "x-restapi": "",
  });
  expect(disconnect.requestContext).toMatchObject({
    routeKey: "$disconnect",
    eventType: "DISCONNECT",
    disconnectStatusCode: 1005,
    disconnectReason: "Client-side close frame status not set",
  });
});

test("the events of a connection share its id and its time; each has a request id of its own", async () => {
  const before = Date.now();
  const { connect, message, disconnect } = await captured();
  const contexts = [connect, message, disconnect].map(
    (event: WebSocketEvent) => event.requestContext,
  );
  expect(new Set(contexts.map(({ connectionId }) => connectionId)).size).toBe(1);
  expect(connect.requestContext.connectionId).toMatch(ID);
  expect(new Set(contexts.map(({ connectedAt }) => connectedAt)).size).toBe(1);
  expect(connect.requestContext.connectedAt).toBeGreaterThanOrEqual(before);
  expect(connect.requestContext.connectedAt).toBeLessThanOrEqual(Date.now());
  expect(new Set(contexts.map(({ requestId }) => requestId)).size).toBe(3);
  for (const { requestId, requestTime, requestTimeEpoch, connectedAt } of contexts) {
    expect(requestId).toMatch(ID);
    expect(requestTime).toMatch(REQUEST_TIME);
    // "21/Nov/2026:01:17:53 +0000" -> "21 Nov 2026 01:17:53 +0000"
    const parsed = Date.parse((requestTime ?? "").replaceAll("/", " ").replace(":", " "));
    expect(parsed).toBe(Math.floor(requestTimeEpoch / 1000) * 1000);
    expect(requestTimeEpoch).toBeGreaterThanOrEqual(connectedAt);
  }
});

test("headers keep the spelling of the client, repeated ones all their values", async () => {
  const { connect } = await captured(
    {},
    {
      headers: { Origin: "https://a.example", "User-Agent": "tester" },
      finishRequest: (request) => {
        request.setHeader("x-CUSTOM", ["1", "2"]);
        request.end();
      },
    },
  );
  expect(connect.headers).toMatchObject({ Origin: "https://a.example", "x-CUSTOM": "2" });
  expect(connect.multiValueHeaders).toMatchObject({
    Origin: ["https://a.example"],
    "x-CUSTOM": ["1", "2"],
  });
  expect(Object.keys(connect.headers ?? {})).toEqual(Object.keys(connect.multiValueHeaders ?? {}));
  expect(connect.headers).not.toHaveProperty("Upgrade");
  expect(connect.requestContext.identity).toEqual({
    sourceIp: "127.0.0.1",
    userAgent: "tester",
  });
});

test("a query string is decoded, its last value wins, and all values are kept", async () => {
  const { connect } = await captured({}, { query: "?a=1&a=2&b=x%20%26y" });
  expect(connect.queryStringParameters).toEqual({ a: "2", b: "x &y" });
  expect(connect.multiValueQueryStringParameters).toEqual({ a: ["1", "2"], b: ["x &y"] });
});

test("api id, stage and stage variables are on every event", async () => {
  const stageVariables = { tableName: "t" };
  const events = await captured({ apiId: "abc", stage: "prod", stageVariables });
  for (const event of Object.values(events)) {
    expect(event.stageVariables).toEqual(stageVariables);
    expect(event.requestContext).toMatchObject({ apiId: "abc", stage: "prod" });
  }
});

test("a handler may change its event without another one seeing it", async () => {
  const bodies: (string | null | undefined)[] = [];
  const gateway = await testGateway({
    handlers: {
      default: async (event) => {
        bodies.push(event.body);
        Object.assign(event, { body: "changed" });
      },
    },
    duplicate: () => true,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  client.socket.close();
  await client.closed;
  await gateway.settled();
  expect(bodies).toEqual(["hi", "hi"]);
});
