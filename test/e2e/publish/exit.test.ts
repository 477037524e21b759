import { fork } from "node:child_process";
import { once } from "node:events";
import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, inject, it, onTestFinished } from "vitest";
import { bundleProgram } from "../../bundledProgram.ts";
import { record } from "../client.ts";
import { startWorld } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({
  onMessage: t.procedure.subscription(subscriptions.resolver<string>()),
});
const buildChain = (store: Store) => subscriptions.router({ router }).store({ store });

it("C25: a process that has published ends, no timer and no socket keeps it", async () => {
  const { join, table, gateway } = await startWorld(buildChain);
  const subscribers = Array.from({ length: 20 }, () => {
    const { client } = join();
    return record<string>((on) => client.onMessage.subscribe(undefined, on));
  });
  await Promise.all(subscribers.map(({ started }) => started));
  const program = await bundleProgram(new URL("publishOnce.ts", import.meta.url));
  const child = fork(program, [table.tableName, gateway.endpoint], {
    env: {
      ...process.env,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_DYNAMODB: inject("dynamoDBEndpoint"),
    },
  });
  onTestFinished(() => void child.kill());
  const exited = once(child, "exit");
  const [{ report, timers }] = await once(child, "message");
  expect(report).toEqual({ matched: 20, delivered: 20, gone: 0, failed: 0, complete: true });
  expect(timers).toEqual([]);
  expect(await exited).toEqual([0, null]);
  for (const { received } of subscribers) expect(await received(1)).toEqual(["hi"]);
});
