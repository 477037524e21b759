import { spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import type { QueueObservation } from "../../src/local/index.ts";
import { bundleProgram } from "../bundledProgram.ts";
import { gate } from "./testGateway.ts";
import { testQueue } from "./testQueue.ts";

test("stop waits for the handlers, which may still use the queue, and drops what waits", async () => {
  const entered = gate();
  const release = gate();
  const seen: string[] = [];
  const { queue, client, send } = await testQueue({
    batchSize: 1,
    maxConcurrency: 1,
    handler: async ({ Records: [record] }) => {
      seen.push(record?.body ?? "");
      entered.open();
      await release.opened;
      await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "late" }));
      seen.push("sent");
    },
  });
  await send("a", "b");
  await entered.opened;
  const stopped = queue.stop();
  release.open();
  await stopped;
  expect(seen).toEqual(["a", "sent"]);
  await queue.idle();
  await queue.stop();
  await expect(fetch(queue.endpoint)).rejects.toThrow();
});

test("stop ends a long poll", async () => {
  const { queue } = await testQueue();
  const poll = request(queue.endpoint, {
    method: "POST",
    headers: { "x-amz-target": "AmazonSQS.ReceiveMessage" },
  });
  const cut = once(poll, "error");
  poll.end(JSON.stringify({ QueueUrl: queue.url, WaitTimeSeconds: 20 }));
  await once(poll, "finish");
  // Answered only after the poll, which came before it, was read.
  await (await fetch(queue.endpoint, { method: "POST", body: "{}" })).text();
  const startedAt = performance.now();
  await Promise.all([queue.stop(), cut]);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test("a caller that hangs up in the middle of its request is nobody to answer", async () => {
  const observations: QueueObservation[] = [];
  const { queue } = await testQueue({ onEvent: (observation) => observations.push(observation) });
  const call = request(queue.endpoint, { method: "POST", headers: { "content-length": "99" } });
  const cut = once(call, "error");
  const connected = once(call, "socket").then(([socket]) => once(socket, "connect"));
  call.write("{");
  await connected;
  // Answered only after the beginning of the call, which came before it, was read.
  await (await fetch(queue.endpoint, { method: "POST", body: "{}" })).text();
  call.destroy(new Error("gone"));
  await cut;
  await queue.stop();
  expect(observations).toEqual([{ type: "requested", action: "", statusCode: 400 }]);
});

test("a port that is taken is an error", async () => {
  const { queue } = await testQueue();
  const port = Number(new URL(queue.endpoint).port);
  await expect(testQueue({ port })).rejects.toMatchObject({
    code: "LOCAL",
    message: `cannot listen on 127.0.0.1:${port}`,
  });
});

test("a stopped queue leaves no handle: its process ends by itself", async () => {
  const local = await bundleProgram(new URL("../../src/local/index.ts", import.meta.url));
  const program = `
    import { ReceiveMessageCommand, SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
    import { startQueue } from ${JSON.stringify(local)};
    const queue = await startQueue({ handler: () => Promise.reject(new Error("again in 30 s")) });
    const client = new SQSClient({ ...queue.clientConfig, maxAttempts: 1 });
    const poll = new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 });
    const cut = client.send(poll).catch(() => undefined);
    await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "a" }));
    await queue.stop();
    await cut;
    client.destroy();
    process.stdout.write("stopped");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    timeout: 15_000,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, "close");
  expect({ code, output }).toEqual({ code: 0, output: "stopped" });
});
