import type { NewEvent } from "./eventHistory.ts";

/** An event that the stream brought. */
export type OutboxEvent = Pick<NewEvent, "path" | "filters" | "cursor" | "text" | "expireAt">;

/**
 * A write of a transaction, as `TransactWriteCommand` of `@aws-sdk/lib-dynamodb` takes it.
 *
 * @category Publisher
 */
export interface TransactItem {
  readonly Put: {
    readonly TableName: string;
    readonly Item: Record<string, unknown>;
    readonly ConditionExpression?: string;
    readonly ExpressionAttributeValues?: Record<string, unknown>;
    readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD";
  };
}

/** What a stream wants as an answer: where it is to go on. */
export interface StreamResponse {
  // Not readonly: the type of `@types/aws-lambda` is not, and would not take it.
  batchItemFailures: { itemIdentifier: string }[];
}

/** What a store can do whose writes come back as a stream of changes. */
export interface OutboxStore {
  /** The writes by which an event is kept, for a transaction of somebody else's. */
  itemsOf(event: NewEvent): readonly TransactItem[];

  /**
   * Works on the events with `outbox` among the changes, one after the other in their order, and ends with the first for
   * which `work` rejects.
   *
   * @param changes - what the stream invokes its handler with
   * @param onForeign - told of a row that looks like an event with `outbox` and is none of ours
   * @throws the store's error for what are no changes
   */
  receive(
    changes: unknown,
    work: (event: OutboxEvent) => Promise<void>,
    onForeign: (error: Error) => void,
  ): Promise<StreamResponse>;
}
