import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { expect, onTestFinished, test, vi } from "vitest";
import type { WebSocketDisconnectEvent } from "../../src/adapters/api-gateway/event.ts";
import type { Gateway, GatewayOptions } from "../../src/local/index.ts";
import { gate, Observer, TestClient, testGateway } from "./testGateway.ts";

const MESSAGE_BYTES = 128 * 1024;

function managementClient(endpoint: string): ApiGatewayManagementApiClient {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

interface Setup {
  readonly gateway: Gateway;
  readonly api: ApiGatewayManagementApiClient;
  readonly client: TestClient;
  readonly connectionId: string;
}

async function connected(options: Partial<GatewayOptions> = {}): Promise<Setup> {
  const gateway = await testGateway({ handlers: {}, ...options });
  const client = await TestClient.open(gateway.url, { headers: { "User-Agent": "tester" } });
  const [connectionId = ""] = gateway.connectionIds();
  return { gateway, api: managementClient(gateway.endpoint), client, connectionId };
}

function post(
  { api, connectionId }: Pick<Setup, "api" | "connectionId">,
  Data: string | Uint8Array,
): Promise<unknown> {
  return api.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data }));
}

test("PostToConnection arrives as one text message", async () => {
  const observer = new Observer();
  const setup = await connected({ onEvent: observer.onEvent });
  await post(setup, '{"id":1,"é":true}');
  expect(await setup.client.next()).toBe('{"id":1,"é":true}');
  await post(setup, new TextEncoder().encode("bytes"));
  expect(await setup.client.next()).toBe("bytes");
  expect(observer.ofType("management")).toMatchObject([
    { operation: "PostToConnection", statusCode: 200, body: '{"id":1,"é":true}' },
    { operation: "PostToConnection", statusCode: 200, body: "bytes" },
  ]);
});

test.each(["$default", "%24default"])(
  "posts to /%s work under a stage called $default",
  async (segment) => {
    const { gateway, client, connectionId } = await connected({ stage: "$default" });
    const api = managementClient(gateway.endpoint.replace("$default", () => segment));
    await post({ api, connectionId }, "hi");
    expect(await client.next()).toBe("hi");
  },
);

test("GetConnection tells both times and who is there", async () => {
  const before = Date.now();
  const setup = await connected();
  const { api, connectionId } = setup;
  const fresh = await api.send(new GetConnectionCommand({ ConnectionId: connectionId }));
  expect(fresh.Identity).toEqual({ SourceIp: "127.0.0.1", UserAgent: "tester" });
  expect(fresh.ConnectedAt).toBeInstanceOf(Date);
  expect(fresh.ConnectedAt?.getTime()).toBeGreaterThanOrEqual(before);
  expect(fresh.ConnectedAt?.getTime()).toBeLessThanOrEqual(Date.now());
  vi.useFakeTimers({ toFake: ["Date"], now: before + 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  await post(setup, "hi");
  const used = await api.send(new GetConnectionCommand({ ConnectionId: connectionId }));
  expect(used.ConnectedAt).toEqual(fresh.ConnectedAt);
  expect(used.LastActiveAt).toEqual(new Date(before + 60_000));
});

test("DeleteConnection closes with 1000 and runs $disconnect", async () => {
  const disconnected = gate<WebSocketDisconnectEvent>();
  const { api, client, connectionId } = await connected({
    handlers: { disconnect: async (event) => disconnected.open(event) },
  });
  const answer = await api.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
  expect(answer.$metadata.httpStatusCode).toBe(204);
  expect((await client.closed).code).toBe(1000);
  expect((await disconnected.opened).requestContext).toMatchObject({
    connectionId,
    disconnectStatusCode: 1000,
  });
});

const operations = [
  [
    "PostToConnection",
    (api, ConnectionId) => api.send(new PostToConnectionCommand({ ConnectionId, Data: "hi" })),
  ],
  ["GetConnection", (api, ConnectionId) => api.send(new GetConnectionCommand({ ConnectionId }))],
  [
    "DeleteConnection",
    (api, ConnectionId) => api.send(new DeleteConnectionCommand({ ConnectionId })),
  ],
] as const satisfies readonly (readonly [
  string,
  (api: ApiGatewayManagementApiClient, connectionId: string) => Promise<unknown>,
])[];

test.each(operations)("%s before $connect returned: GoneException", async (_name, operate) => {
  const outcome = gate<unknown>();
  const gateway = await testGateway({
    handlers: {
      connect: async ({ requestContext }) => {
        const api = managementClient(gateway.endpoint);
        outcome.open(await operate(api, requestContext.connectionId).catch((error) => error));
        return { statusCode: 200 };
      },
    },
  });
  await TestClient.open(gateway.url);
  expect(await outcome.opened).toMatchObject({
    name: "GoneException",
    $metadata: { httpStatusCode: 410 },
  });
});

test.each(operations)("%s after the close: GoneException", async (_name, operate) => {
  const { gateway, api, connectionId } = await connected();
  await gateway.close(connectionId);
  await expect(operate(api, connectionId)).rejects.toMatchObject({ name: "GoneException" });
});

test.each(operations)("%s of an id with other characters: 400", async (_name, operate) => {
  const { api } = await connected();
  await expect(operate(api, "not an id!")).rejects.toMatchObject({
    name: "BadRequestException",
    message: "Invalid connectionId",
    $metadata: { httpStatusCode: 400 },
  });
});

test.each(operations)("%s under another stage: ForbiddenException", async (_name, operate) => {
  const { gateway, connectionId } = await connected();
  const api = managementClient(gateway.endpoint.replace(/local$/, "prod"));
  await expect(operate(api, connectionId)).rejects.toMatchObject({ name: "ForbiddenException" });
});

test("128 KB can be posted, one byte more is a PayloadTooLargeException", async () => {
  const setup = await connected();
  await post(setup, "x".repeat(MESSAGE_BYTES));
  expect(await setup.client.next()).toHaveLength(MESSAGE_BYTES);
  await expect(post(setup, "x".repeat(MESSAGE_BYTES + 1))).rejects.toMatchObject({
    name: "PayloadTooLargeException",
    $metadata: { httpStatusCode: 413 },
  });
});

test("posts beyond postsPerSecond are a LimitExceededException, until time has passed", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const setup = await connected({ postsPerSecond: 2 });
  await post(setup, "1");
  await post(setup, "2");
  await expect(post(setup, "3")).rejects.toMatchObject({
    name: "LimitExceededException",
    $metadata: { httpStatusCode: 429 },
  });
  vi.advanceTimersByTime(500);
  await post(setup, "4");
  await expect(post(setup, "5")).rejects.toMatchObject({ name: "LimitExceededException" });
});

test("a client that does not read gets 429 for its posts, others do not", async () => {
  const setup = await connected({ maxBufferedBytes: 256 * 1024 });
  const other = await TestClient.open(setup.gateway.url);
  const [, otherId = ""] = setup.gateway.connectionIds();
  setup.client.socket.pause();
  let sent = 0;
  const flood = async (): Promise<void> => {
    // Above what the kernel buffers for a socket pair on one machine.
    for (; sent < 1000; sent += 1) await post(setup, "x".repeat(MESSAGE_BYTES));
  };
  await expect(flood()).rejects.toMatchObject({ name: "LimitExceededException" });
  await post({ ...setup, connectionId: otherId }, "hi");
  expect(await other.next()).toBe("hi");
  setup.client.socket.resume();
  for (let index = 0; index < sent; index += 1) {
    expect(await setup.client.next()).toHaveLength(MESSAGE_BYTES);
  }
});

test("an error has its name in a header and a message in its JSON body", async () => {
  const { gateway } = await connected();
  const response = await fetch(`${gateway.endpoint}/@connections/abc%3D`, { method: "POST" });
  expect(response.status).toBe(410);
  expect(response.headers.get("x-amzn-errortype")).toBe("GoneException");
  expect(await response.json()).toEqual({ message: expect.stringContaining("closed") });
});

test("any other path is forbidden", async () => {
  const { gateway } = await connected();
  expect((await fetch(gateway.endpoint)).status).toBe(403);
  expect((await fetch(`${gateway.endpoint}/@connections/abc`, { method: "PUT" })).status).toBe(403);
});
