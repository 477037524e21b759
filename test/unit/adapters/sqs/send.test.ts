import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  type SendMessageBatchCommandOutput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { sqs } from "trpc-aws-subscriptions/sqs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_BATCH_BYTES } from "../../../../src/adapters/sqs/limits.ts";
import { QueueError } from "../../../../src/errors/fanOut.ts";

const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out";
const client = new SQSClient({ region: "eu-central-1" });
const api = mockClient(client);
const queue = sqs({ queueUrl, client });

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  api.reset();
  vi.restoreAllMocks();
});

interface Fault {
  readonly Code: string;
  readonly SenderFault: boolean;
}

const MISSING = "missing";

/** Answers each call; `faultOf` says what is wrong with a body at its nth try. */
const answer = (
  faultOf: (body: string, tries: number) => Fault | typeof MISSING | undefined,
): void => {
  const tries = new Map<string, number>();
  api.on(SendMessageBatchCommand).callsFake((input: SendMessageBatchCommandInput) => {
    const Successful: unknown[] = [];
    const Failed: unknown[] = [];
    for (const { Id, MessageBody: body = "" } of input.Entries ?? []) {
      tries.set(body, (tries.get(body) ?? 0) + 1);
      const fault = faultOf(body, tries.get(body) ?? 0);
      if (fault === undefined) Successful.push({ Id, MessageId: `id of ${body}` });
      else if (fault !== MISSING) Failed.push({ Id, ...fault });
    }
    return { Successful, Failed } as SendMessageBatchCommandOutput;
  });
};

const allTaken = (): void => answer(() => undefined);

/** The bodies of each call. */
const calls = (): (readonly (string | undefined)[])[] =>
  api
    .commandCalls(SendMessageBatchCommand)
    .map(({ args }) => (args[0].input.Entries ?? []).map(({ MessageBody }) => MessageBody));

const rejection = async (work: Promise<void>): Promise<QueueError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(QueueError);
  return error as QueueError;
};

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `message ${i}`);

describe("calls", () => {
  it("is one SendMessageBatch with ids, bodies and nothing else", async () => {
    allTaken();
    await queue.send(["a", "b"]);
    expect(api.calls().map(({ args }) => [...args])).toEqual([
      [
        expect.objectContaining({
          input: {
            QueueUrl: queueUrl,
            Entries: [
              { Id: "0", MessageBody: "a" },
              { Id: "1", MessageBody: "b" },
            ],
          },
        }),
        {},
      ],
    ]);
  });

  it("is none for no messages", async () => {
    await queue.send([]);
    expect(api.calls()).toHaveLength(0);
  });

  it("hold ten messages at most, in their order", async () => {
    allTaken();
    const messages = numbered(25);
    await queue.send(messages);
    expect(calls()).toEqual([messages.slice(0, 10), messages.slice(10, 20), messages.slice(20)]);
  });

  it("hold 256 KiB at most, counted in UTF-8", async () => {
    allTaken();
    const half = "é".repeat(MAX_BATCH_BYTES / 4);
    await queue.send([half, half, "a", `${half}`, half.slice(1), "ab", "c"]);
    expect(calls().map((bodies) => bodies.map((body) => Buffer.byteLength(body ?? "")))).toEqual([
      [131_072, 131_072],
      [1, 131_072, 131_070],
      [2, 1],
    ]);
  });

  it("a message of 256 KiB goes alone, one byte more is refused before anything is sent", async () => {
    allTaken();
    await queue.send(["a", "b".repeat(MAX_BATCH_BYTES), "c"]);
    expect(calls().map((bodies) => bodies.length)).toEqual([1, 1, 1]);
    api.resetHistory();
    const messages = ["a", `é${"b".repeat(MAX_BATCH_BYTES - 1)}`];
    const error = await rejection(queue.send(messages));
    expect(error).toMatchObject({ code: "QUEUE", failure: "tooLarge", unsent: messages });
    expect(error.message).toContain("message 1 for SQS has 262145 bytes, at most 262144");
    expect(api.calls()).toHaveLength(0);
  });

  it("at most eight are under way at once", async () => {
    let running = 0;
    let most = 0;
    api.on(SendMessageBatchCommand).callsFake(async (input: SendMessageBatchCommandInput) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { Successful: (input.Entries ?? []).map(({ Id }) => ({ Id })), Failed: [] };
    });
    await queue.send(numbered(200));
    expect(most).toBe(8);
    expect(calls()).toHaveLength(20);
  });
});

describe("a batch that was taken in part", () => {
  const internal: Fault = { Code: "InternalError", SenderFault: false };

  it("only what was not taken is sent again", async () => {
    answer((body, tries) => (body === "b" && tries < 3 ? internal : undefined));
    await queue.send(["a", "b", "c"]);
    expect(calls()).toEqual([["a", "b", "c"], ["b"], ["b"]]);
  });

  it("an entry that the answer does not mention counts as not taken", async () => {
    answer((body, tries) => (body === "a" && tries === 1 ? MISSING : undefined));
    await queue.send(["a", "b"]);
    expect(calls()).toEqual([["a", "b"], ["a"]]);
  });

  it("is given up after five calls", async () => {
    answer((body) => (body === "b" ? internal : undefined));
    const error = await rejection(queue.send(["a", "b"]));
    expect(error).toMatchObject({ failure: "notTaken", unsent: ["b"] });
    expect(error.message).toContain(`1 of 2 messages were not taken by ${queueUrl}`);
    expect(error.message).toContain("InternalError");
    expect(calls()).toHaveLength(5);
  });

  it("the sender's own fault is not tried again; the rest is", async () => {
    const invalid: Fault = { Code: "InvalidMessageContents", SenderFault: true };
    answer((body, tries) => {
      if (body === "bad") return invalid;
      return body === "b" && tries === 1 ? internal : undefined;
    });
    const error = await rejection(queue.send(["bad", "b", "c"]));
    expect(error).toMatchObject({ failure: "notTaken", unsent: ["bad"] });
    expect(calls()).toEqual([["bad", "b", "c"], ["b"]]);
  });
});

describe("a call that fails", () => {
  it("leaves its batch unsent, and the other batches go", async () => {
    const messages = numbered(25);
    const cause = Object.assign(new Error("no such queue"), { name: "QueueDoesNotExist" });
    api.on(SendMessageBatchCommand).callsFake((input: SendMessageBatchCommandInput) => {
      const entries = input.Entries ?? [];
      if (entries[0]?.MessageBody === "message 10") throw cause;
      return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
    });
    const error = await rejection(queue.send(messages));
    expect(error).toMatchObject({ failure: "notTaken", cause });
    expect(error.unsent).toEqual(messages.slice(10, 20));
    expect(error.message).toContain("QueueDoesNotExist: no such queue");
    expect(calls()).toHaveLength(3);
  });

  it("is not tried again, which is the client's to do", async () => {
    api.on(SendMessageBatchCommand).rejects(new Error("ECONNRESET"));
    await rejection(queue.send(["a"]));
    expect(calls()).toHaveLength(1);
  });

  it("unsent messages keep their order whichever call fails first", async () => {
    const messages = numbered(25);
    api.on(SendMessageBatchCommand).callsFake(async (input: SendMessageBatchCommandInput) => {
      if (input.Entries?.[0]?.MessageBody === "message 0") {
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error("down");
    });
    expect((await rejection(queue.send(messages))).unsent).toEqual(messages);
  });
});

describe("abort", () => {
  it("the signal goes to the call", async () => {
    allTaken();
    const { signal } = new AbortController();
    await queue.send(["a"], signal);
    expect([...api.call(0).args]).toEqual([expect.anything(), { abortSignal: signal }]);
  });

  it("nothing is sent once it was aborted", async () => {
    allTaken();
    const reason = new Error("deadline");
    const error = await rejection(queue.send(["a"], AbortSignal.abort(reason)));
    expect(error).toMatchObject({ failure: "notTaken", unsent: ["a"], cause: reason });
    expect(api.calls()).toHaveLength(0);
  });

  it("ends the wait before another try", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1e6);
    const controller = new AbortController();
    answer(() => {
      setImmediate(() => controller.abort());
      return { Code: "InternalError", SenderFault: false };
    });
    const error = await rejection(queue.send(["a"], controller.signal));
    expect(error).toMatchObject({ failure: "notTaken", unsent: ["a"] });
    expect(calls()).toHaveLength(1);
  });
});
