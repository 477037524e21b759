import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { dynamodb } from "trpc-aws-subscriptions";
import { sqs } from "trpc-aws-subscriptions/sqs";
import { rooms } from "../../e2e/publish/rooms.ts";

/** Where a publisher publishes, and what: `argv[2]` of this program. */
export interface KilledPublisherOptions {
  readonly tableName: string;
  readonly endpoint: string;
  readonly data: string;
  /** With a queue: the subscribers that it posts to itself. */
  readonly queue?: { readonly url: string; readonly threshold: number };
}

/** A post that takes longer is made again, and a busy machine may be as slow. */
const POST_TIMEOUT_MS = 60_000;

/** A backend that publishes slowly, and does not end by itself. */
const { tableName, endpoint, data, queue }: KilledPublisherOptions = JSON.parse(
  process.argv[2] ?? "{}",
);
const store = dynamodb({ tableName, dynamoDBClient: new DynamoDBClient({}) });
const fanOut =
  queue &&
  sqs({
    queueUrl: queue.url,
    threshold: queue.threshold,
    client: new SQSClient({ endpoint: new URL(queue.url).origin }),
  });
const publisher = rooms(store).publisher({
  endpoint,
  concurrency: 2,
  postTimeoutMs: POST_TIMEOUT_MS,
  ...(fanOut && { fanOut }),
});
await publisher.routes.onMessage.publish({ data });
setInterval(() => undefined, 60_000);
