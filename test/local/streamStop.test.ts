import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import type { StreamObservation } from "../../src/local/index.ts";
import { bundleProgram } from "../bundledProgram.ts";
import { gate } from "./testGateway.ts";
import { noting, rowsOf, streamedTable } from "./testStream.ts";

test("stop waits for the handler, and drops what waits", async () => {
  const entered = gate();
  const release = gate();
  const seen: string[] = [];
  const table = await streamedTable("a1", "a2");
  const stream = await table.start({
    batchSize: 1,
    handler: async (event) => {
      seen.push(...rowsOf(event));
      entered.open();
      await release.opened;
      await table.put("a3");
      seen.push("put");
    },
  });
  await entered.opened;
  const stopped = stream.stop();
  release.open();
  await stopped;
  expect(seen).toEqual(["a1", "put"]);
  await stream.idle();
  await stream.stop();
  expect(seen).toEqual(["a1", "put"]);
});

test("stop ends the wait for another try, and idle with it", async () => {
  const failed = gate();
  const observations: StreamObservation[] = [];
  const { batches, handler } = noting(() => Promise.reject(new Error("broken")));
  const stream = await (await streamedTable("a1")).start({
    handler,
    retryDelayMs: 3_600_000,
    onEvent: (observation) => {
      observations.push(observation);
      if (observation.type === "invoked") failed.open();
    },
  });
  const idle = stream.idle();
  await failed.opened;
  await stream.stop();
  await idle;
  expect(batches).toEqual([["a1"]]);
  expect(observations.map(({ type }) => type)).toEqual(["read", "invoked"]);
});

test("a stream that starts anew gets everything again: nobody notes how far it came", async () => {
  const table = await streamedTable("a1");
  const { batches, handler } = noting();
  for (let times = 0; times < 2; times += 1) {
    const stream = await table.start({ handler });
    await stream.idle();
    await stream.stop();
  }
  expect(batches).toEqual([["a1"], ["a1"]]);
});

test("a stopped stream leaves no handle: its process ends by itself", async () => {
  const local = await bundleProgram(new URL("../../src/local/index.ts", import.meta.url));
  const { tableName } = await streamedTable("a1");
  const program = `
    import { startDynamoDB, startStream } from ${JSON.stringify(local)};
    const dynamoDB = await startDynamoDB();
    let onInvoked;
    const invoked = new Promise((resolve) => { onInvoked = resolve; });
    const stream = await startStream({
      dynamoDB,
      tableName: ${JSON.stringify(tableName)},
      retryDelayMs: 30_000,
      handler: () => Promise.reject(new Error("again in 30 s")),
      onEvent: ({ type }) => { if (type === "invoked") onInvoked(); },
    });
    await invoked;
    await stream.stop();
    process.stdout.write("stopped");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, DYNAMODB_ENDPOINT: inject("dynamoDBEndpoint") },
    timeout: 15_000,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, "close");
  expect({ code, output }).toEqual({ code: 0, output: "stopped" });
});
