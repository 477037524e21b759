import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandOutput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import {
  type LocalQueue,
  type QueueEvent,
  type QueueOptions,
  startQueue,
} from "../../src/local/index.ts";

export interface TestQueue {
  readonly queue: LocalQueue;
  readonly client: SQSClient;
  /** Sends up to ten messages in one call. */
  send(...bodies: string[]): Promise<SendMessageBatchCommandOutput>;
}

/** Starts a queue that stops with the test, and a real client of it that tries once. */
export async function testQueue(options: QueueOptions = {}): Promise<TestQueue> {
  const queue = await startQueue(options);
  const client = new SQSClient({ ...queue.clientConfig, maxAttempts: 1 });
  onTestFinished(async () => {
    await queue.stop();
    client.destroy();
  });
  const send = (...bodies: string[]): Promise<SendMessageBatchCommandOutput> =>
    client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: bodies.map((body, index) => ({ Id: String(index), MessageBody: body })),
      }),
    );
  return { queue, client, send };
}

/** The bodies of an event. */
export const bodiesOf = ({ Records }: QueueEvent): string[] => Records.map(({ body }) => body);

/** Each body of an event, and the how-manieth time it came. */
export const countsOf = ({ Records }: QueueEvent): string[] =>
  Records.map(({ body, attributes }) => `${body} ${attributes.ApproximateReceiveCount}`);

export interface NotingHandler {
  readonly events: readonly QueueEvent[];
  readonly handler: (event: QueueEvent) => Promise<unknown>;
}

/** A handler that notes what it was given, and then answers as it is told. */
export function noting(
  answer: (event: QueueEvent, nth: number) => unknown = () => undefined,
): NotingHandler {
  const events: QueueEvent[] = [];
  const handler = async (event: QueueEvent): Promise<unknown> => {
    events.push(event);
    return answer(event, events.length);
  };
  return { events, handler };
}

/** The answer that the messages with these bodies failed. */
export const failing = (event: QueueEvent, ...bodies: string[]): object => ({
  batchItemFailures: event.Records.filter(({ body }) => bodies.includes(body)).map(
    ({ messageId }) => ({ itemIdentifier: messageId }),
  ),
});
