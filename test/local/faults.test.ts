import { expect, test, vi } from "vitest";
import type { WebSocketMessageEvent } from "../../src/adapters/api-gateway/event.ts";
import { accept, gate, Observer, TestClient, testGateway } from "./testGateway.ts";

test("dropDisconnect loses $disconnect", async () => {
  const observer = new Observer();
  const disconnect = vi.fn(accept);
  const gateway = await testGateway({
    handlers: { disconnect },
    dropDisconnect: () => true,
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  const [connectionId] = gateway.connectionIds();
  client.socket.close();
  expect(await observer.first("disconnectDropped")).toMatchObject({ connectionId });
  await gateway.settled();
  expect(disconnect).not.toHaveBeenCalled();
});

test("duplicate invokes the chosen messages twice, with the same ids", async () => {
  const events: WebSocketMessageEvent[] = [];
  const observer = new Observer();
  const gateway = await testGateway({
    handlers: { default: async (event) => events.push(event) },
    duplicate: ({ body }) => body === "twice",
    onEvent: observer.onEvent,
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("once");
  client.socket.send("twice");
  client.socket.close();
  await observer.first("closed");
  await gateway.settled();
  expect(events.map(({ body }) => body)).toEqual(["once", "twice", "twice"]);
  expect(events[1]?.requestContext).toEqual(events[2]?.requestContext);
});

test("delay reorders invocations, and settled waits for them", async () => {
  const bodies: unknown[] = [];
  const released = gate();
  const gateway = await testGateway({
    handlers: {
      default: async ({ body }) => {
        bodies.push(body);
        if (body === "second") released.open();
      },
    },
    delay: (event) => ("body" in event && event.body === "first" ? released.opened : undefined),
  });
  const { socket } = await TestClient.open(gateway.url);
  socket.send("first");
  socket.send("second");
  await released.opened;
  await gateway.settled();
  expect(bodies).toEqual(["second", "first"]);
});

test("a delay that rejects fails the invocation before the handler starts", async () => {
  const handler = vi.fn(accept);
  const gateway = await testGateway({
    handlers: { default: handler },
    delay: (event) => ("body" in event ? Promise.reject(new Error("throttled")) : undefined),
  });
  const client = await TestClient.open(gateway.url);
  client.socket.send("hi");
  expect(JSON.parse(await client.next())).toMatchObject({ message: "Internal server error" });
  expect(handler).not.toHaveBeenCalled();
});
