import { SQSClient } from "@aws-sdk/client-sqs";
import { anything, checkOptions, number, type OptionChecks } from "../../errors/checkOptions.ts";
import type { FanOutQueue } from "../../publisher/queue.ts";
import { receive, type SqsBatchResponse, type SqsEvent } from "./event.ts";
import { BILLING_UNIT_BYTES } from "./limits.ts";
import { type QueueAddress, queueAddress } from "./queueUrl.ts";
import { send } from "./send.ts";

/** At the 0.2 ms of CPU that one of many posts costs, a fifth of a second of one core. */
const DEFAULT_THRESHOLD = 1000;
/** As long as the management client of API Gateway is given. */
const CONNECTION_TIMEOUT_MS = 2_000;
/** A call answers within tens of milliseconds; one that hangs is worth another try. */
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Options of {@link sqs}.
 *
 * @category SQS
 */
export interface SqsOptions {
  /**
   * URL of a standard queue, for example `https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out`. A FIFO queue is
   * refused.
   */
  readonly queueUrl: string;
  /** An SQS client of your own. @defaultValue one made for the region that `queueUrl` names */
  readonly client?: SQSClient;
  /**
   * Subscribers that a publish posts to itself before the rest of the audience goes to the queue. 0 sends everybody to
   * the queue, `Infinity` nobody.
   *
   * @defaultValue 1,000
   */
  readonly threshold?: number;
}

const OPTIONS: OptionChecks<SqsOptions> = {
  queueUrl: anything,
  client: anything,
  threshold: number(0),
};

/**
 * Fan-out through an SQS queue, for audiences that one Lambda does not reach in time.
 *
 * The queue feeds a function with `fanOutHandler()` through a Lambda event source mapping. That mapping must have
 * `FunctionResponseTypes: ["ReportBatchItemFailures"]`: without it Lambda deletes messages that failed. Give it a
 * `MaximumConcurrency` too: the workers share the account's quota of requests. Give the queue a
 * visibility timeout of six times the function's timeout, and a dead-letter queue with `maxReceiveCount` 5 or more.
 *
 * ```ts
 * const queue = sqs({ queueUrl: "https://sqs.eu-central-1.amazonaws.com/123456789012/fan-out" });
 * const publisher = appSubscriptions.publisher({ endpoint, fanOut: queue });
 * ```
 *
 * @throws {@link BuilderError} for an unknown option, or when `queueUrl` is not the URL of a standard queue, or `threshold` no number of 0 or more
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 * @category SQS
 */
export function sqs(options: SqsOptions): FanOutQueue<SqsEvent, SqsBatchResponse> {
  checkOptions("sqs()", options, OPTIONS);
  const { queueUrl, client, threshold = DEFAULT_THRESHOLD } = options;
  const address = queueAddress(queueUrl);
  const target = { client: client ?? clientOf(address), queueUrl };
  return {
    threshold,
    maxMessageBytes: BILLING_UNIT_BYTES,
    send: (messages, signal) => send(target, messages, signal),
    receive,
  };
}

function clientOf({ origin, region }: QueueAddress): SQSClient {
  return new SQSClient({
    // The queue may be in another region than this function, or behind a VPC endpoint.
    endpoint: origin,
    ...(region === undefined ? {} : { region }),
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
}
