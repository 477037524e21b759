import { sqs } from "trpc-aws-subscriptions/sqs";
import { appSubscriptions } from "./handlers.ts";

const endpoint = process.env["WEBSOCKET_ENDPOINT"] ?? "";

/** The queue that takes over where a publish has more subscribers than it should post to itself. */
export const fanOut = sqs({
  queueUrl: process.env["QUEUE_URL"] ?? "",
  threshold: Number(process.env["FAN_OUT_THRESHOLD"] ?? 1_000),
});

/** The Lambda function of the queue: posts to its part of the audience, and hands on the rest. */
export const worker = appSubscriptions.fanOutHandler({
  endpoint,
  fanOut,
  onReport: ({ part, delivered, gone, failed }) => {
    process.stdout.write(
      `worker      part ${part}: delivered ${delivered}, gone ${gone}, failed ${failed}\n`,
    );
  },
  onError: ({ error }) => {
    process.stderr.write(`worker: ${error.message}\n`);
  },
});
