import { table } from "trpc-aws-subscriptions";
import { startDynamoDB, startStream } from "trpc-aws-subscriptions/local";
import { expect, inject, it, onTestFinished, vi } from "vitest";
import { textsOnce } from "../history/feed.ts";
import { newestVersion } from "../trpcVersion.ts";
import { startOutbox } from "./world.ts";

it("the table's own stream brings every event in its order, though Lambdas die before and after their work", async () => {
  const world = await startOutbox();
  const { tableName } = world.table;
  vi.stubEnv("DYNAMODB_ENDPOINT", inject("dynamoDBEndpoint"));
  const dynamoDB = await startDynamoDB();
  vi.unstubAllEnvs();
  await dynamoDB.createTable({ tableName, table, stream: true });
  const bob = world.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  const texts = ["one", "two", "three", "four", "five", "six"];
  for (const text of texts) await world.write("a", text);
  const crashes = ["beforeWork", "afterWork", undefined, "afterWork", "beforeWork"] as const;
  let invocations = 0;
  const stream = await startStream({
    dynamoDB,
    tableName,
    handler: world.handler,
    batchSize: 4,
    retryDelayMs: 0,
    crash: () => crashes[invocations++],
  });
  onTestFinished(() => stream.stop());
  await stream.idle();
  await bob.received(texts.length);
  expect(textsOnce(bob.data)).toEqual(texts);
  expect(invocations).toBeGreaterThan(crashes.length);
  expect(stream.discarded()).toEqual([]);
  expect(world.failures).toEqual([]);
});
