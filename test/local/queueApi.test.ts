import { once } from "node:events";
import { request } from "node:http";
import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import type { QueueObservation } from "../../src/local/index.ts";
import { QueueMessages } from "../../src/local/queueMessages.ts";
import { queueSettings } from "../../src/local/queueOptions.ts";
import { QueueReceiver } from "../../src/local/queueReceive.ts";
import { gate } from "./testGateway.ts";
import { type TestQueue, testQueue } from "./testQueue.ts";

const receive = async (
  { queue, client }: TestQueue,
  input: Omit<ReceiveMessageCommandInput, "QueueUrl"> = {},
): Promise<Message[]> => {
  const command = new ReceiveMessageCommand({ QueueUrl: queue.url, ...input });
  return (await client.send(command)).Messages ?? [];
};

const remove = ({ queue, client }: TestQueue, ReceiptHandle: string | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));

const ten = { MaxNumberOfMessages: 10 };

describe("a consumer that polls", () => {
  it("receives what was sent, in any script, and deletes it", async () => {
    const it = await testQueue();
    const bodies = ["plain", "Grüße", "日本語 😀", '{"a":"\\n\t\r\n"}', "x".repeat(200_000)];
    await it.send(...bodies);
    const messages = await receive(it, ten);
    expect(messages.map(({ Body }) => Body)).toEqual(bodies);
    for (const { ReceiptHandle } of messages) await remove(it, ReceiptHandle);
    await it.queue.idle();
  });

  it("takes one message by default, the oldest first", async () => {
    const it = await testQueue();
    await it.client.send(new SendMessageCommand({ QueueUrl: it.queue.url, MessageBody: "a" }));
    await it.client.send(new SendMessageCommand({ QueueUrl: it.queue.url, MessageBody: "b" }));
    expect((await receive(it)).map(({ Body }) => Body)).toEqual(["a"]);
    expect((await receive(it)).map(({ Body }) => Body)).toEqual(["b"]);
    expect(await receive(it)).toEqual([]);
  });

  it("has no power over a message that was received again since", async () => {
    const it = await testQueue();
    await it.send("a");
    const [stale] = await receive(it, { VisibilityTimeout: 0 });
    const [fresh] = await receive(it, { WaitTimeSeconds: 5, AttributeNames: ["All"] });
    expect(fresh).toMatchObject({ Body: "a", Attributes: { ApproximateReceiveCount: "2" } });
    await remove(it, stale?.ReceiptHandle);
    const counts = { ApproximateNumberOfMessagesNotVisible: "1" };
    const names = new GetQueueAttributesCommand({
      QueueUrl: it.queue.url,
      AttributeNames: ["ApproximateNumberOfMessagesNotVisible"],
    });
    expect((await it.client.send(names)).Attributes).toEqual(counts);
    await remove(it, fresh?.ReceiptHandle);
    await it.queue.idle();
  });

  it("deletes a message that is visible again, unless it was received since", async () => {
    const it = await testQueue();
    await it.send("a");
    const [message] = await receive(it, { VisibilityTimeout: 0 });
    await remove(it, message?.ReceiptHandle);
    await it.queue.idle();
    expect(await receive(it)).toEqual([]);
  });

  it("deletes a batch; a handle that is none fails alone", async () => {
    const it = await testQueue();
    await it.send("a", "b");
    const messages = await receive(it, ten);
    const handles = ["none", ...messages.map(({ ReceiptHandle }) => ReceiptHandle)];
    const answer = await it.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: it.queue.url,
        Entries: handles.map((ReceiptHandle, index) => ({ Id: `${index}`, ReceiptHandle })),
      }),
    );
    expect(answer.Successful).toEqual([{ Id: "1" }, { Id: "2" }]);
    expect(answer.Failed).toEqual([{ Id: "0", Code: "ReceiptHandleIsInvalid", SenderFault: true }]);
    await it.queue.idle();
  });
});

it("a consumer is told the system attributes it asks for", async () => {
  const it = await testQueue();
  await it.send("a");
  const [bare] = await receive(it, { VisibilityTimeout: 0 });
  expect(bare).not.toHaveProperty("Attributes");
  const one = ["SenderId" as const];
  const [named] = await receive(it, { MessageSystemAttributeNames: one, WaitTimeSeconds: 5 });
  expect(named?.Attributes).toEqual({ SenderId: "000000000000" });
});

describe("a long poll", () => {
  it("is answered as soon as a message is there", async () => {
    const it = await testQueue();
    const startedAt = performance.now();
    const poll = receive(it, { WaitTimeSeconds: 15 });
    await it.send("a");
    expect((await poll).map(({ Body }) => Body)).toEqual(["a"]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it("is answered with nothing when its time is over", async () => {
    const it = await testQueue();
    const startedAt = performance.now();
    expect(await receive(it, { WaitTimeSeconds: 1 })).toEqual([]);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  it("takes no message once its caller is gone", async () => {
    const ended = gate();
    const it = await testQueue({
      onEvent: (observation) => {
        if (observation.type === "requested") ended.open();
      },
    });
    const poll = request(it.queue.endpoint, {
      method: "POST",
      headers: { "x-amz-target": "AmazonSQS.ReceiveMessage" },
    });
    const cut = once(poll, "error");
    poll.end(JSON.stringify({ QueueUrl: it.queue.url, WaitTimeSeconds: 20 }));
    await once(poll, "finish");
    poll.destroy(new Error("gone"));
    await Promise.all([cut, ended.opened]);
    await it.send("a");
    expect((await receive(it)).map(({ Body }) => Body)).toEqual(["a"]);
  });

  it.each([0, 1])(
    "that came too late takes none of %i messages, and does not wait",
    async (count) => {
      const messages = new QueueMessages(queueSettings({}), () => undefined);
      for (let left = count; left > 0; left -= 1) messages.add("a");
      const startedAt = performance.now();
      const receiver = new QueueReceiver(messages);
      expect(await receiver.receiveMessage({ WaitTimeSeconds: 5 }, AbortSignal.abort())).toEqual(
        {},
      );
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      expect(messages.waiting).toBe(count);
    },
  );
});

describe("GetQueueAttributes", () => {
  it("gives those that are asked for", async () => {
    const it = await testQueue({ name: "mine", visibilityTimeoutMs: 60_000 });
    await it.send("a", "b", "c");
    await receive(it);
    const attributes = async (...AttributeNames: ("All" | "QueueArn")[]) =>
      (
        await it.client.send(
          new GetQueueAttributesCommand({ QueueUrl: it.queue.url, AttributeNames }),
        )
      ).Attributes;
    const QueueArn = "arn:aws:sqs:local:000000000000:mine";
    expect(await attributes("QueueArn")).toEqual({ QueueArn });
    expect(await attributes("All")).toEqual({
      ApproximateNumberOfMessages: "2",
      ApproximateNumberOfMessagesNotVisible: "1",
      MaximumMessageSize: "1048576",
      QueueArn,
      VisibilityTimeout: "60",
    });
  });
});

it("every answer is observed", async () => {
  const observations: QueueObservation[] = [];
  const { queue, send } = await testQueue({
    onEvent: (observation) => observations.push(observation),
  });
  const { Successful: [sent] = [] } = await send("a");
  await fetch(queue.endpoint, { method: "POST" });
  expect(observations).toEqual([
    { type: "sent", messageId: sent?.MessageId, body: "a" },
    { type: "requested", action: "SendMessageBatch", statusCode: 200 },
    { type: "requested", action: "", statusCode: 400 },
  ]);
});
