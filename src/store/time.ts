/** Epoch seconds, the unit of DynamoDB's TTL. */
export type EpochSeconds = number;

/** Epoch milliseconds, the unit of API Gateway's events. */
export type EpochMs = number;
