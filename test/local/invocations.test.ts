import { expect, test, vi } from "vitest";
import type { WebSocketDisconnectEvent } from "../../src/adapters/api-gateway/event.ts";
import { gate, Observer, TestClient, testGateway } from "./testGateway.ts";

test("messages of one connection are handled side by side, not in a queue", async () => {
  const bothEntered = gate();
  let entered = 0;
  const gateway = await testGateway({
    handlers: {
      default: async () => {
        entered += 1;
        if (entered === 2) bothEntered.open();
        await bothEntered.opened;
      },
    },
  });
  const { socket } = await TestClient.open(gateway.url);
  socket.send("1");
  socket.send("2");
  await bothEntered.opened;
  await gateway.settled();
  expect(entered).toBe(2);
});

test.each([
  ["rejects", () => Promise.reject(new Error("broken"))],
  [
    "throws at once",
    (): Promise<unknown> => {
      throw new Error("broken");
    },
  ],
])("a handler that %s: the gateway's own frame, and the socket stays open", async (_what, fail) => {
  const observer = new Observer();
  const requestIds: string[] = [];
  const gateway = await testGateway({
    handlers: {
      default: (event) => {
        requestIds.push(event.requestContext.requestId);
        return fail();
      },
    },
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  const [connectionId] = gateway.connectionIds();
  for (const attempt of [0, 1]) {
    client.socket.send("hi");
    expect(JSON.parse(await client.next())).toEqual({
      message: "Internal server error",
      connectionId,
      requestId: requestIds[attempt],
    });
  }
  expect(observer.ofType("errorFrame")).toHaveLength(2);
  expect(observer.ofType("invoked")).toMatchObject([
    { route: "$default", outcome: "threw", error: new Error("broken"), connectionId },
    { route: "$default", outcome: "threw", error: new Error("broken"), connectionId },
  ]);
});

test("a failure after the client has left sends nothing", async () => {
  const observer = new Observer();
  const leave = gate();
  const gateway = await testGateway({
    handlers: {
      default: async () => {
        await leave.opened;
        throw new Error("broken");
      },
    },
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  client.socket.close();
  await observer.first("closed");
  leave.open();
  await gateway.settled();
  expect(observer.ofType("invoked")).toMatchObject([{ outcome: "threw" }]);
  expect(observer.ofType("errorFrame")).toEqual([]);
  expect(observer.ofType("sendFailed")).toEqual([]);
});

test("without a $default route every message is answered with Forbidden", async () => {
  const gateway = await testGateway({ handlers: {} });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  expect(JSON.parse(await client.next())).toEqual({
    message: "Forbidden",
    connectionId: gateway.connectionIds()[0],
    requestId: expect.any(String),
  });
});

test("an overrun is answered after the integration timeout; the handler goes on", async () => {
  const leave = gate();
  const finished = vi.fn();
  const observer = new Observer();
  const gateway = await testGateway({
    handlers: {
      default: async () => {
        await leave.opened;
        finished();
      },
    },
    integrationTimeoutMs: 20,
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  expect(JSON.parse(await client.next())).toMatchObject({ message: "Endpoint request timed out" });
  expect(finished).not.toHaveBeenCalled();
  leave.open();
  await gateway.settled();
  expect(finished).toHaveBeenCalledOnce();
  expect(observer.ofType("invoked")).toMatchObject([{ outcome: "returned", route: "$default" }]);
});

test("a handler beyond the Lambda timeout counts as failed and is not waited for", async () => {
  const observer = new Observer();
  const gateway = await testGateway({
    handlers: { default: () => new Promise(() => undefined) },
    lambdaTimeoutMs: 20,
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  expect(JSON.parse(await client.next())).toMatchObject({ message: "Internal server error" });
  await gateway.settled();
  const [invoked] = observer.ofType("invoked");
  expect(String(invoked?.error)).toContain("Task timed out after 0.02 seconds");
});

test("what a handler returns is never sent", async () => {
  const observer = new Observer();
  const gateway = await testGateway({
    handlers: { default: () => Promise.resolve({ statusCode: 500, body: "not for the client" }) },
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  await observer.first("invoked");
  await gateway.settled();
  const [connectionId = ""] = gateway.connectionIds();
  const url = `${gateway.endpoint}/@connections/${encodeURIComponent(connectionId)}`;
  await fetch(url, { method: "POST", body: "the first message" });
  expect(await client.next()).toBe("the first message");
});

test("a handler gets a Lambda context", async () => {
  const seen = gate<{ id: string; remainingMs: number }>();
  const gateway = await testGateway({
    handlers: {
      connect: async (_event, context) => {
        const remainingMs = context.getRemainingTimeInMillis();
        seen.open({ id: context.awsRequestId, remainingMs });
        return { statusCode: 200 };
      },
    },
    lambdaTimeoutMs: 5000,
  });
  await TestClient.open(gateway.url);
  const { id, remainingMs } = await seen.opened;
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/);
  expect(remainingMs).toBeGreaterThan(4000);
  expect(remainingMs).toBeLessThanOrEqual(5000);
});

async function disconnectOf(
  end: (client: TestClient) => void,
): Promise<WebSocketDisconnectEvent["requestContext"]> {
  const disconnected = gate<WebSocketDisconnectEvent>();
  const gateway = await testGateway({
    handlers: { disconnect: async (event) => disconnected.open(event) },
  });
  end(await TestClient.open(gateway.url));
  return (await disconnected.opened).requestContext;
}

test("$disconnect tells the code and the reason of the client", async () => {
  expect(await disconnectOf(({ socket }) => socket.close(4001, "tab closed"))).toMatchObject({
    disconnectStatusCode: 4001,
    disconnectReason: "tab closed",
  });
});

test("$disconnect of a socket that broke tells 1006", async () => {
  expect(await disconnectOf(({ socket }) => socket.terminate())).toMatchObject({
    disconnectStatusCode: 1006,
  });
});

test("a $disconnect that throws is only observed", async () => {
  const observer = new Observer();
  const gateway = await testGateway({
    handlers: { disconnect: () => Promise.reject(new Error("broken")) },
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.close();
  await observer.first("closed");
  await gateway.settled();
  expect(observer.ofType("invoked")).toMatchObject([
    { route: "$disconnect", outcome: "threw", error: new Error("broken") },
  ]);
});
