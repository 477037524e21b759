/**
 * Quotas of the services, each with its unit in the name and its source.
 *
 * API Gateway:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 *
 * DynamoDB:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */

/** API Gateway: the largest message in either direction. */
export const MAX_MESSAGE_BYTES: number = 131_072;
/** API Gateway: the largest frame a client may send; a larger one closes the socket with 1009. */
export const MAX_CLIENT_FRAME_BYTES: number = 32_768;
/** API Gateway: a socket without traffic is closed after this time. */
export const IDLE_TIMEOUT_MS: number = 10 * 60 * 1000;
/** API Gateway: every socket is closed after this time. */
export const MAX_CONNECTION_MS: number = 2 * 60 * 60 * 1000;
/** API Gateway: a message whose handler takes longer is answered with the gateway's own error frame. */
export const INTEGRATION_TIMEOUT_MS: number = 29_000;
/** Node: the longest delay of a timer; a longer one fires at once. https://nodejs.org/api/timers.html */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;
/** DynamoDB: the largest sort key. */
export const MAX_SORT_KEY_BYTES: number = 1024;
/** DynamoDB: writes in one `TransactWriteItems`. */
export const MAX_TRANSACT_ITEMS: number = 100;
/** DynamoDB: all items of one `TransactWriteItems` together. */
export const MAX_TRANSACT_BYTES: number = 4 * 1024 * 1024;
/** DynamoDB: writes in one `BatchWriteItem`. */
export const MAX_BATCH_WRITE_ITEMS: number = 25;
/** DynamoDB: keys in one `BatchGetItem`. */
export const MAX_BATCH_GET_ITEMS: number = 100;
/**
 * The largest `connectionParams`, as JSON: what fits into the headers of a handshake too, which are 10,240 bytes of API
 * Gateway's quota. They are read with every frame.
 */
export const MAX_CONNECTION_PARAMS_BYTES: number = 8_192;
/** Rows outlive the longest connection by this much, so that clock skew never ends a live subscription. */
export const EXPIRY_SLACK_MS: number = 15 * 60 * 1000;
