import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { TOMBSTONE_MS } from "../lifecycle.ts";
import { call, type TableAccess } from "./access.ts";
import { inChunks } from "./chunks.ts";

type ClosedUpdate = NonNullable<
  NonNullable<TransactWriteCommandInput["TransactItems"]>[number]["Update"]
>;

/** Marks that are under way at the same time where they are made one by one. */
const MAX_MARKS_IN_FLIGHT = 8;

/** Marks a connection as closed, for ever: nothing turns the row back. */
export async function markClosed(table: TableAccess, connectionId: string): Promise<void> {
  const update = new UpdateCommand(closedUpdate(table, connectionId));
  await call(table, () => table.client.send(update));
}

/**
 * Marks at most 100 connections as closed in one call. A transaction, though nothing here needs all or nothing: the
 * other batch, `BatchWriteItem`, can only replace whole rows, and would lose the number of subscriptions that a
 * subscribe in flight has just raised.
 */
export async function markAllClosed(
  table: TableAccess,
  connectionIds: readonly string[],
): Promise<void> {
  const marks = new TransactWriteCommand({
    TransactItems: connectionIds.map((connectionId) => ({
      Update: closedUpdate(table, connectionId),
    })),
  });
  try {
    await call(table, () => table.client.send(marks));
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    // Other writers keep coming in between. One by one they do not stop each other.
    await inChunks(connectionIds, { size: 1, width: MAX_MARKS_IN_FLIGHT }, ([connectionId = ""]) =>
      markClosed(table, connectionId),
    );
  }
}

function closedUpdate(table: TableAccess, connectionId: string): ClosedUpdate {
  return {
    TableName: table.tableName,
    Key: table.keys.connection(connectionId),
    // Where `$disconnect` overtook `$connect` the row is made here, and must not stay for ever. The number of
    // subscriptions stays: what it says from now on is final.
    UpdateExpression:
      "SET #state = :closed, expireAt = if_not_exists(expireAt, :end) REMOVE #session, connectionParams",
    ExpressionAttributeNames: { "#state": "state", "#session": "session" },
    ExpressionAttributeValues: {
      ":closed": "CLOSED",
      ":end": Math.floor((table.now() + TOMBSTONE_MS) / 1000),
    },
  };
}
