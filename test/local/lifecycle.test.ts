import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { BuilderError } from "trpc-aws-subscriptions";
import { expect, onTestFinished, test, vi } from "vitest";
import { startGateway } from "../../src/local/index.ts";
import { bundleProgram } from "../bundledProgram.ts";
import { accept, gate, Observer, TestClient, testGateway } from "./testGateway.ts";

test("close cuts one socket with the code and reason given", async () => {
  const gateway = await testGateway({ handlers: {} });
  const [first, second] = [await TestClient.open(gateway.url), await TestClient.open(gateway.url)];
  const [firstId = "", secondId = ""] = gateway.connectionIds();
  await gateway.close(firstId, 4000, "revoked");
  expect(await first.closed).toEqual({ code: 4000, reason: "revoked" });
  expect(gateway.connectionIds()).toEqual([secondId]);
  expect(second.socket.readyState).toBe(second.socket.OPEN);
  await expect(gateway.close(firstId)).rejects.toMatchObject({ code: "LOCAL" });
});

test("dropConnection cuts without a close frame", async () => {
  const disconnect = vi.fn((_event: { requestContext: object }) => accept());
  const gateway = await testGateway({ handlers: { disconnect } });
  const client = await TestClient.open(gateway.url);
  const [connectionId = ""] = gateway.connectionIds();
  await gateway.dropConnection(connectionId);
  expect((await client.closed).code).toBe(1006);
  await gateway.settled();
  expect(disconnect.mock.calls[0]?.[0].requestContext).toMatchObject({
    disconnectStatusCode: 1006,
  });
});

test("a client that does not answer the close frame is cut", async () => {
  const gateway = await testGateway({ handlers: {} });
  const client = await TestClient.open(gateway.url);
  client.socket.pause();
  const [connectionId = ""] = gateway.connectionIds();
  await gateway.close(connectionId);
  expect(gateway.connectionIds()).toEqual([]);
});

test("stop closes every socket with 1001 and waits for $disconnect, which may still post", async () => {
  const leave = gate();
  const posted = gate<number>();
  const gateway = await startGateway({
    handlers: {
      disconnect: async () => {
        await leave.opened;
        const url = `${gateway.endpoint}/@connections/abc`;
        posted.open((await fetch(url, { method: "POST", body: "hi" })).status);
      },
    },
  });
  const client = await TestClient.open(gateway.url);
  const stopped = vi.fn();
  const stopping = gateway.stop().then(stopped);
  expect((await client.closed).code).toBe(1001);
  expect(stopped).not.toHaveBeenCalled();
  leave.open();
  await stopping;
  expect(await posted.opened).toBe(410);
  await expect(fetch(gateway.endpoint)).rejects.toThrow();
});

test("stop cuts a handshake under way; $connect accepted it, so $disconnect follows", async () => {
  const entered = gate();
  const leave = gate();
  const disconnect = vi.fn((_event: { requestContext: object }) => accept());
  const gateway = await startGateway({
    handlers: {
      connect: async () => {
        entered.open();
        await leave.opened;
        return { statusCode: 200 };
      },
      disconnect,
    },
  });
  const client = new TestClient(gateway.url);
  const failed = once(client.socket, "error");
  await entered.opened;
  const stopping = gateway.stop();
  await failed;
  leave.open();
  await stopping;
  expect(disconnect.mock.calls[0]?.[0].requestContext).toMatchObject({
    disconnectStatusCode: 1006,
  });
});

test("stop may be called twice, side by side and later", async () => {
  const gateway = await startGateway({ handlers: {} });
  const client = await TestClient.open(gateway.url);
  await Promise.all([gateway.stop(), gateway.stop()]);
  await gateway.stop();
  expect((await client.closed).code).toBe(1001);
});

test("stop cuts a post whose body never ends", async () => {
  const observer = new Observer();
  const gateway = await startGateway({ handlers: {}, onEvent: observer.onEvent });
  const { hostname, port } = new URL(gateway.endpoint);
  const socket = connectTcp(Number(port), hostname);
  socket.write("POST /local/@connections/abc HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n");
  // The answer to Expect tells that the gateway has read the headers.
  socket.write("Expect: 100-continue\r\n\r\n");
  await once(socket, "data");
  await gateway.stop();
  expect(observer.ofType("management")).toMatchObject([{ statusCode: undefined }]);
});

test.each([
  [undefined, "expected an object of options. Known: connect, default, disconnect."],
  [{}, "expected an object of options."],
  [
    { handlers: { $default: () => undefined } },
    'unknown option "$default". Known: connect, default,',
  ],
  [{ handlers: { connect: {} } }, "connect is an object, not a function."],
])("%j has no handlers, which is an error that says so", async (options, message) => {
  const starting = startGateway(options as never);
  await expect(starting).rejects.toThrow(BuilderError);
  await expect(starting).rejects.toThrow(`startGateway({ handlers }): ${message}`);
});

test("a port that is taken is an error that names it", async () => {
  const gateway = await testGateway({ handlers: {} });
  const port = Number(new URL(gateway.endpoint).port);
  await expect(startGateway({ handlers: {}, port })).rejects.toMatchObject({
    code: "LOCAL",
    message: `cannot listen on 127.0.0.1:${port}`,
    cause: { code: "EADDRINUSE" },
  });
});

test("a stopped gateway leaves no handle: its process ends by itself", async () => {
  const local = await bundleProgram(new URL("../../src/local/index.ts", import.meta.url));
  const script = `
    import { once } from "node:events";
    import { WebSocket } from "ws";
    import { startGateway } from ${JSON.stringify(local)};
    const gateway = await startGateway({
      handlers: {
        connect: async () => ({ statusCode: 200 }),
        default: async () => { throw new Error("broken"); },
        disconnect: async () => {},
      },
    });
    const sockets = [1, 2, 3].map(() => new WebSocket(gateway.url));
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    sockets[0].send("hi");
    await once(sockets[0], "message");
    const [id] = gateway.connectionIds();
    const url = gateway.endpoint + "/@connections/" + encodeURIComponent(id);
    await (await fetch(url, { method: "POST", body: "hi" })).text();
    sockets[1].terminate();
    await gateway.stop();
    process.stdout.write("stopped");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 15_000,
  });
  const output = await child.stdout.toArray();
  const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
  expect(Buffer.concat(output).toString()).toBe("stopped");
  expect(code).toBe(0);
});

test("2,000 sockets are opened and posted to, each with its own message", async () => {
  const count = 2000;
  const disconnect = vi.fn(accept);
  const gateway = await testGateway({ handlers: { connect: accept, disconnect } });
  const api = new ApiGatewayManagementApiClient({
    endpoint: gateway.endpoint,
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  onTestFinished(() => api.destroy());
  const clients = await inBatches(count, () => TestClient.open(gateway.url));
  const ids = gateway.connectionIds();
  expect(new Set(ids).size).toBe(count);
  await inBatches(count, (index) => {
    const ConnectionId = ids[index] ?? "";
    return api.send(new PostToConnectionCommand({ ConnectionId, Data: ConnectionId }));
  });
  const received = await Promise.all(clients.map((client) => client.next()));
  expect(received.sort()).toEqual([...ids].sort());
  await gateway.stop();
  await Promise.all(clients.map(({ closed }) => closed));
  expect(disconnect).toHaveBeenCalledTimes(count);
}, 60_000);

async function inBatches<TValue>(
  count: number,
  make: (index: number) => Promise<TValue>,
): Promise<TValue[]> {
  const batchSize = 50;
  const values: TValue[] = [];
  while (values.length < count) {
    const start = values.length;
    const size = Math.min(batchSize, count - start);
    values.push(...(await Promise.all(Array.from({ length: size }, (_, i) => make(start + i)))));
  }
  return values;
}
