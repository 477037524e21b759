import * as pinned from "@trpc/client";
import SuperJSON from "superjson";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as latest from "../../../trpc-latest/client.ts";
import { type appRouter, openChat } from "./chatApp.ts";

let gateway: ReturnType<typeof openChat>;

beforeEach(() => {
  gateway = openChat();
});
afterEach(() => gateway.close());

/** As an app would make it; the types of the two versions are nominally apart. */
function createClient(
  { createTRPCClient, createWSClient, wsLink }: typeof pinned,
  options: Parameters<typeof pinned.createWSClient>[0],
) {
  const wsClient = createWSClient(options);
  const link = wsLink<typeof appRouter>({ client: wsClient, transformer: SuperJSON });
  const client = createTRPCClient<typeof appRouter>({ links: [link] });
  return { client, wsClient, close: () => wsClient.close() };
}

describe.each([
  ["the pinned", pinned],
  ["the newest", latest as unknown as typeof pinned],
])("%s client", (_, trpc) => {
  it("is made by the app, and comes back with its subscriptions", async () => {
    const alice = await gateway.connect({
      query: { user: "alice" },
      createClient: (socket) => createClient(trpc, socket),
    });
    const messages = await gateway.listen(alice.client.onMessage, { room: "red" });
    alice.drop();
    await gateway.settled();
    const data = { text: "hi", at: new Date(0) };
    await gateway.publisher.routes.onMessage.publish({ data });
    expect(await messages.next()).toEqual(data);
    messages.unsubscribe();
    await gateway.settled();
    expect(gateway.store.countRoutes()).toBe(0);
    expect(await alice.client.whoAmI.query()).toBe("alice");
  });

  it("may connect when it needs to", async () => {
    const lazy = await gateway.connect({
      query: { user: "alice" },
      createClient: (socket) =>
        createClient(trpc, { ...socket, lazy: { enabled: true, closeMs: 1_000 } }),
    });
    expect(lazy.connectionId).toBeUndefined();
    expect(await lazy.client.whoAmI.query()).toBe("alice");
    expect(gateway.connectionIds()).toEqual([lazy.connectionId]);
  });

  it("may be one that the gateway knows nothing of", async () => {
    const { url, WebSocket } = gateway;
    const { client, close } = createClient(trpc, { url: `${url}?user=bob`, WebSocket });
    const alerts = await gateway.listen(client.onAlert);
    await gateway.publisher.routes.onAlert.publish({ data: "hi" });
    expect(await alerts.next()).toBe("hi");
    await close();
    await gateway.settled();
    expect(gateway.connectionIds()).toEqual([]);
    expect(gateway.store.countRoutes()).toBe(0);
  });

  it("keeps its connection alive", async () => {
    const pongs: unknown[] = [];
    const { close, wsClient } = createClient(trpc, {
      url: `${gateway.url}?user=bob`,
      WebSocket: gateway.WebSocket,
      keepAlive: { enabled: true, intervalMs: 1, pongTimeoutMs: 1_000 },
      onOpen: () =>
        wsClient.connection?.ws?.addEventListener("message", ({ data }) => pongs.push(data)),
    });
    await expect.poll(() => pongs).toContain("PONG");
    await close();
  });

  it("is told when its socket leads elsewhere", async () => {
    const elsewhere = gateway.connect({
      createClient: ({ WebSocket }) => createClient(trpc, { url: "wss://example.com", WebSocket }),
    });
    await expect(elsewhere).rejects.toThrow(
      "sockets of the test gateway lead to wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/test, and not to wss://example.com/",
    );
  });
});
