import { createHash } from "node:crypto";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it, test } from "vitest";
import type { QueueEvent } from "../../src/local/index.ts";
import { gate } from "./testGateway.ts";
import { bodiesOf, countsOf, noting, testQueue } from "./testQueue.ts";

test("an invocation gets the event Lambda makes of a queue, and a context that counts down", async () => {
  const before = Date.now();
  const contexts: { readonly id: string; readonly left: number }[] = [];
  const events: QueueEvent[] = [];
  const { queue, send } = await testQueue({
    lambdaTimeoutMs: 5_000,
    handler: async (event, context) => {
      events.push(event);
      contexts.push({ id: context.awsRequestId, left: context.getRemainingTimeInMillis() });
    },
  });
  const { Successful: [sent] = [] } = await send("Grüße 😀");
  await queue.idle();
  const time = expect.stringMatching(/^\d{13}$/);
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: sent?.MessageId,
          receiptHandle: expect.stringMatching(/^.{36}$/),
          body: "Grüße 😀",
          attributes: {
            ApproximateReceiveCount: "1",
            SentTimestamp: time,
            SenderId: "000000000000",
            ApproximateFirstReceiveTimestamp: time,
          },
          messageAttributes: {},
          md5OfBody: createHash("md5").update("Grüße 😀").digest("hex"),
          eventSource: "aws:sqs",
          eventSourceARN: "arn:aws:sqs:local:000000000000:local",
          awsRegion: "local",
        },
      ],
    },
  ]);
  const sentAt = Number(events[0]?.Records[0]?.attributes.SentTimestamp);
  expect(sentAt).toBeGreaterThanOrEqual(before);
  expect(sentAt).toBeLessThanOrEqual(Date.now());
  expect(contexts[0]?.id).toMatch(/^.{36}$/);
  expect(contexts[0]?.left).toBeGreaterThan(4_000);
  expect(contexts[0]?.left).toBeLessThanOrEqual(5_000);
});

describe("an invocation", () => {
  it("gets a batch that was sent together, and no more than batchSize", async () => {
    const { events, handler } = noting();
    const { queue, send } = await testQueue({ handler, batchSize: 3 });
    await send("a", "b", "c", "d", "e", "f", "g");
    await queue.idle();
    expect(events.map(bodiesOf)).toEqual([["a", "b", "c"], ["d", "e", "f"], ["g"]]);
  });

  it("runs beside others, up to maxConcurrency", async () => {
    const both = gate();
    const release = gate();
    let running = 0;
    let most = 0;
    const { queue, send } = await testQueue({
      batchSize: 1,
      maxConcurrency: 2,
      handler: async () => {
        running += 1;
        most = Math.max(most, running);
        if (running === 2) both.open();
        await release.opened;
        running -= 1;
      },
    });
    await send("a", "b", "c", "d");
    await both.opened;
    release.open();
    await queue.idle();
    expect(most).toBe(2);
  });

  it("gets its own copy of the event", async () => {
    const seen: string[][] = [];
    const { queue, send } = await testQueue({
      duplicate: () => true,
      handler: async (event) => {
        seen.push(bodiesOf(event));
        event.Records.reverse();
        for (const record of event.Records) record.body = "changed";
      },
    });
    await send("a", "b");
    await queue.idle();
    expect(seen).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });
});

describe("idle", () => {
  it("resolves at once when there is nothing", async () => {
    const { queue } = await testQueue();
    await expect(queue.idle()).resolves.toBeUndefined();
  });

  it("waits for what handlers send, and for the handlers themselves", async () => {
    const done: string[] = [];
    const { queue, client, send } = await testQueue({
      handler: async (event) => {
        const [body = ""] = bodiesOf(event);
        if (body.length < 4) {
          await client.send(
            new SendMessageCommand({ QueueUrl: queue.url, MessageBody: `${body}+` }),
          );
        }
        await new Promise((resolve) => setImmediate(resolve));
        done.push(body);
      },
    });
    await send("a");
    await queue.idle();
    expect(done.toSorted()).toEqual(["a", "a+", "a++", "a+++"]);
  });

  it("waits for what a handler sends after its own message is gone, failures included", async () => {
    const firstIsDone = gate();
    const done: string[] = [];
    const { queue, client, send } = await testQueue({
      duplicate: (event) => bodiesOf(event).includes("a"),
      redeliveryDelayMs: 20,
      onEvent: ({ type }) => {
        if (type === "invoked") firstIsDone.open();
      },
      handler: async (event) => {
        const [counted = ""] = countsOf(event);
        done.push(counted);
        if (counted === "late 1") throw new Error("again");
        if (done.length !== 2) return;
        await firstIsDone.opened;
        await client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: "late" }));
      },
    });
    await send("a");
    await queue.idle();
    expect(done).toEqual(["a 1", "a 1", "late 1", "late 2"]);
  });
});

test("a Lambda that may outlive its messages' visibility is refused, as Lambda does", async () => {
  await expect(testQueue({ visibilityTimeoutMs: 100, lambdaTimeoutMs: 101 })).rejects.toMatchObject(
    {
      code: "LOCAL",
      message: expect.stringContaining(
        "lambdaTimeoutMs is 101, more than visibilityTimeoutMs, 100",
      ),
    },
  );
});
