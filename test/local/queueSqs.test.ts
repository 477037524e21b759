import { expect, test, vi } from "vitest";
import { QueueError } from "../../src/errors/fanOut.ts";
import type { QueueObservation, SendFault } from "../../src/local/index.ts";
import type { QueueMessage } from "../../src/publisher/queue.ts";
import { type SqsEvent, sqs } from "../../src/sqs/index.ts";
import { testQueue } from "./testQueue.ts";

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `n ${i}`);

/** A queue whose handler is `sqs().receive`, as a fan-out's will be. */
async function testFanOut(
  options: Parameters<typeof testQueue>[0] & {
    readonly work?: (message: QueueMessage) => Promise<void>;
  },
) {
  const done: string[] = [];
  const calls: QueueObservation[] = [];
  const { work = () => Promise.resolve(), ...queueOptions } = options;
  const { queue, client } = await testQueue({
    redeliveryDelayMs: 0,
    onEvent: (observation) => {
      if (observation.type === "requested") calls.push(observation);
    },
    handler: (event: SqsEvent) =>
      fanOut.receive(event, async (message) => {
        await work(message);
        done.push(message.body);
      }),
    ...queueOptions,
  });
  const fanOut = sqs({ queueUrl: queue.url, client });
  return { queue, fanOut, done, calls };
}

test("25 messages are three calls, and each arrives once", async () => {
  const { queue, fanOut, done, calls } = await testFanOut({});
  await fanOut.send(numbered(25));
  await queue.idle();
  expect(done.toSorted()).toEqual(numbered(25).toSorted());
  expect(calls).toHaveLength(3);
});

test("large and foreign messages arrive as they were", async () => {
  const { queue, fanOut, done, calls } = await testFanOut({ maxMessageBytes: 262_144 });
  const messages = ["é".repeat(131_072), "日本語 😀", "z".repeat(262_144)];
  await fanOut.send(messages);
  await queue.idle();
  expect(done.toSorted()).toEqual(messages.toSorted());
  expect(calls).toHaveLength(3);
});

test("what a batch did not take is sent again", async () => {
  const refusals = new Map([
    ["n 3", 2],
    ["n 7", 1],
  ]);
  const onSend = (body: string): SendFault | undefined => {
    const left = refusals.get(body) ?? 0;
    refusals.set(body, left - 1);
    return left > 0 ? { code: "InternalError" } : undefined;
  };
  const { queue, fanOut, done, calls } = await testFanOut({ onSend });
  await fanOut.send(numbered(10));
  await queue.idle();
  expect(done.toSorted()).toEqual(numbered(10));
  expect(calls).toHaveLength(3);
});

test("an answer that was lost makes a duplicate, never a loss", async () => {
  let isFirst = true;
  const onSend = (): SendFault | undefined => {
    const fault = isFirst ? { code: "InternalError", taken: true } : undefined;
    isFirst = false;
    return fault;
  };
  const { queue, fanOut, done } = await testFanOut({ onSend });
  await fanOut.send(["a"]);
  await queue.idle();
  expect(done).toEqual(["a", "a"]);
});

test("a message SQS cannot take is named; the others arrive", async () => {
  const { queue, fanOut, done } = await testFanOut({});
  const error: unknown = await fanOut.send(["a", "b\u0000", "c"]).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(QueueError);
  expect(error).toMatchObject({
    failure: "notTaken",
    unsent: ["b\u0000"],
    message: expect.stringContaining("InvalidMessageContents"),
  });
  await queue.idle();
  expect(done).toEqual(["a", "c"]);
});

test("a queue that does not exist, and one that does not answer", async () => {
  const { queue, client } = await testQueue();
  const wrong = sqs({ queueUrl: `${queue.url}2`, client });
  await expect(wrong.send(["a"])).rejects.toMatchObject({
    failure: "notTaken",
    unsent: ["a"],
    cause: expect.objectContaining({ name: "QueueDoesNotExist" }),
  });
  await queue.stop();
  const right = sqs({ queueUrl: queue.url, client });
  await expect(right.send(["a"])).rejects.toMatchObject({
    failure: "notTaken",
    unsent: ["a"],
    cause: expect.objectContaining({ code: expect.stringMatching(/^ECONN/) }),
  });
});

test("a client of its own goes to the URL's host, and the SDK has nothing to warn of", async () => {
  const { queue } = await testQueue();
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: region } = process.env;
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_REGION: "local",
  });
  try {
    await sqs({ queueUrl: queue.url }).send(["a"]);
    expect(warn).not.toHaveBeenCalled();
  } finally {
    warn.mockRestore();
    restore({ AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_REGION: region });
  }
});

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

test("a message whose work fails comes again alone, with its count", async () => {
  const counts: number[] = [];
  const { queue, fanOut, done } = await testFanOut({
    work: async ({ body, receiveCount }) => {
      if (body !== "b") return;
      counts.push(receiveCount);
      if (receiveCount < 3) throw new Error("not yet");
    },
  });
  await fanOut.send(["a", "b", "c"]);
  await queue.idle();
  expect(done).toEqual(["a", "c", "b"]);
  expect(counts).toEqual([1, 2, 3]);
});

test("a message whose work never succeeds is a dead letter, with the body that was sent", async () => {
  const { queue, fanOut, done } = await testFanOut({
    maxReceiveCount: 2,
    work: ({ body }) => (body === "b" ? Promise.reject(new Error("never")) : Promise.resolve()),
  });
  await fanOut.send(["a", "b"]);
  await queue.idle();
  expect(done).toEqual(["a"]);
  expect(queue.deadLetters()).toMatchObject([{ body: "b", receiveCount: 2 }]);
});

test("after a crash what was done is done again", async () => {
  let crashes = 0;
  const { queue, fanOut, done } = await testFanOut({
    crash: () => (crashes++ === 0 ? "afterWork" : undefined),
  });
  await fanOut.send(["a", "b"]);
  await queue.idle();
  expect(done).toEqual(["a", "b", "a", "b"]);
});
