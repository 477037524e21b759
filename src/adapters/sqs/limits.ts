/**
 * Largest message, and largest sum of the messages of one call, in bytes. SQS takes 1 MiB since August 2025; queues,
 * partitions and tools from before stay at 256 KiB, which every queue takes.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 * @see https://aws.amazon.com/about-aws/whats-new/2025/08/amazon-sqs-max-payload-size-1mib/
 */
export const MAX_BATCH_BYTES: number = 262_144;

/**
 * Messages in one `SendMessageBatch`.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_BATCH_MESSAGES: number = 10;

/**
 * Every 64 KiB that are begun count as one request, each time a message is sent and each time it is received.
 *
 * @see https://aws.amazon.com/sqs/pricing/
 */
export const BILLING_UNIT_BYTES: number = 65_536;
