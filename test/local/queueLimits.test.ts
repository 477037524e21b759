import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { testQueue } from "./testQueue.ts";

type Entry = { readonly Id: string; readonly MessageBody: string };

const entries = (count: number, body = "a"): Entry[] =>
  Array.from({ length: count }, (_, index) => ({ Id: `${index}`, MessageBody: body }));

const batch = (Entries: Entry[]) => (client: SQSClient, QueueUrl: string) =>
  client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));

const single =
  (MessageBody: string, more: { DelaySeconds?: number; MessageGroupId?: string } = {}) =>
  (client: SQSClient, QueueUrl: string) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));

const polling =
  (more: { MaxNumberOfMessages?: number; VisibilityTimeout?: number; WaitTimeSeconds?: number }) =>
  (client: SQSClient, QueueUrl: string) =>
    client.send(new ReceiveMessageCommand({ QueueUrl, ...more }));

describe("what SQS refuses", () => {
  it.each([
    [
      "another queue",
      (c: SQSClient, url: string) => single("a")(c, `${url}2`),
      "QueueDoesNotExist",
    ],
    ["no URL", (c: SQSClient) => single("a")(c, "local"), "QueueDoesNotExist"],
    ["no body", single(""), "InvalidParameterValue"],
    ["a message over 1 MiB", single("x".repeat(1_048_577)), "InvalidParameterValue"],
    ["characters XML does not have", single("a\u0000"), "InvalidMessageContents"],
    ["U+FFFF", single("\uFFFF"), "InvalidMessageContents"],
    ["a delay", single("a", { DelaySeconds: 1 }), "UnsupportedOperation"],
    ["a group", single("a", { MessageGroupId: "g" }), "UnsupportedOperation"],
    ["an empty batch", batch([]), "EmptyBatchRequest"],
    ["eleven entries", batch(entries(11)), "TooManyEntriesInBatchRequest"],
    ["a batch over 1 MiB", batch(entries(2, "x".repeat(524_289))), "BatchRequestTooLong"],
    ["an id twice", batch([...entries(1), ...entries(1)]), "BatchEntryIdsNotDistinct"],
    ["an id with a space", batch([{ Id: "a b", MessageBody: "a" }]), "InvalidBatchEntryId"],
    ["an id of 81", batch([{ Id: "a".repeat(81), MessageBody: "a" }]), "InvalidBatchEntryId"],
    ["11 at once", polling({ MaxNumberOfMessages: 11 }), "InvalidParameterValue"],
    ["none at once", polling({ MaxNumberOfMessages: 0 }), "InvalidParameterValue"],
    ["a long poll over 20 s", polling({ WaitTimeSeconds: 21 }), "InvalidParameterValue"],
    ["hiding over 12 h", polling({ VisibilityTimeout: 43_201 }), "InvalidParameterValue"],
    [
      "a handle that is none",
      (c: SQSClient, QueueUrl: string) =>
        c.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "x" })),
      "ReceiptHandleIsInvalid",
    ],
  ])("%s", async (_, call, name) => {
    const { queue, client } = await testQueue();
    await expect(call(client, queue.url)).rejects.toMatchObject({ name });
    // Nothing was taken.
    await queue.idle();
  });

  it.each([
    ["AmazonSQS.PurgeQueue", "{}", "UnknownOperationException"],
    ["", "{}", "UnknownOperationException"],
    ["AmazonSQS.SendMessage", "{", "SerializationException"],
    ["AmazonSQS.SendMessage", "null", "InvalidParameterValue"],
  ])("the action %j with the body %s", async (target, body, shape) => {
    const { queue } = await testQueue();
    const headers = { "x-amz-target": target };
    const response = await fetch(queue.endpoint, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: `com.amazonaws.sqs#${shape}` });
  });
});

describe("what SQS takes", () => {
  it.each([
    ["a message of 1 MiB", single("x".repeat(1_048_576))],
    ["a batch of 1 MiB in ten entries", batch(entries(10, "x".repeat(104_857)))],
    ["the edges of the characters", single("\t\n\r \uD7FF\uE000\uFFFD\u{10000}\u{10FFFF}")],
    ["an id of 80", batch([{ Id: "aZ0_-".repeat(16), MessageBody: "a" }])],
  ])("%s", async (_, call) => {
    const { queue, client } = await testQueue();
    await expect(call(client, queue.url)).resolves.not.toHaveProperty("Failed.0");
  });
});

describe("onSend", () => {
  const fault = { code: "InternalError" };

  it("refuses one of a batch", async () => {
    const { send } = await testQueue({ onSend: (body) => (body === "b" ? fault : undefined) });
    const answer = await send("a", "b", "c");
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(["0", "2"]);
    expect(answer.Failed).toEqual([
      { Id: "1", Code: "InternalError", Message: "InternalError", SenderFault: false },
    ]);
  });

  it("can take what it says it refuses", async () => {
    const seen: string[] = [];
    const { queue, send } = await testQueue({
      onSend: () => ({ ...fault, taken: true }),
      handler: async ({ Records }) => {
        seen.push(...Records.map(({ body }) => body));
      },
    });
    expect((await send("a")).Failed).toHaveLength(1);
    await queue.idle();
    expect(seen).toEqual(["a"]);
  });

  it.each([
    [undefined, 500],
    [true, 400],
  ])("answers a message that is sent alone; senderFault %s is %i", async (senderFault, status) => {
    const { queue, client } = await testQueue({
      onSend: () => ({ ...fault, ...(senderFault === undefined ? {} : { senderFault }) }),
    });
    await expect(single("a")(client, queue.url)).rejects.toMatchObject({
      name: "InternalError",
      $metadata: { httpStatusCode: status },
    });
  });
});
