/**
 * Fan-out beyond one Lambda, through Amazon SQS. Needs the peer dependency `@aws-sdk/client-sqs`.
 *
 * @packageDocumentation
 */

export type { SqsBatchResponse, SqsEvent, SqsRecord } from "../adapters/sqs/event.ts";
export { type SqsOptions, sqs } from "../adapters/sqs/sqs.ts";
