import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "trpc-aws-subscriptions";
import { startStream } from "trpc-aws-subscriptions/local";
import { buildFeeds } from "../../e2e/history/feeds.ts";

/** What the handler works on: `argv[2]` of this program. */
export interface KilledHandlerOptions {
  readonly tableName: string;
  readonly endpoint: string;
  readonly dynamoDBEndpoint: string;
}

/** A post that takes longer is made again, and a busy machine may be as slow. */
const POST_TIMEOUT_MS = 60_000;

/** A Lambda on the table's stream, with few posts at once so that it can be killed amid them. */
const { tableName, endpoint, dynamoDBEndpoint }: KilledHandlerOptions = JSON.parse(
  process.argv[2] ?? "{}",
);
const clientConfig = {
  endpoint: dynamoDBEndpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
};
const store = dynamodb({ tableName, dynamoDBClient: new DynamoDBClient(clientConfig) });
const observed = { banned: new Set<string>(), started: [], told: [] };
const handler = buildFeeds(
  {},
  observed,
)(store).streamHandler({
  endpoint,
  concurrency: 4,
  postTimeoutMs: POST_TIMEOUT_MS,
  onError: ({ error }) => void process.stderr.write(`${error.stack}\n`),
});
await startStream({ dynamoDB: clientConfig, tableName, handler, pollIntervalMs: 20 });
