import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type {
  Connection,
  ConnectionParams,
  EpochSeconds,
  NewConnection,
  ParamsOutcome,
} from "../types.ts";
import { call, nowSeconds, readingOf, type TableAccess } from "./access.ts";
import { ABSENT, allOf, anyOf, EXPIRED, LIVE } from "./conditions.ts";
import { encodeParams, fromError, openConnectionItem, toConnection } from "./items.ts";

/** When the rows of a connection end. */
export function expireAtOf(table: TableAccess, connection: NewConnection): EpochSeconds {
  const latest =
    table.ttlSeconds === undefined
      ? Number.POSITIVE_INFINITY
      : connection.connectedAt / 1000 + table.ttlSeconds;
  return Math.floor(Math.min(connection.expireAt, latest));
}

/** Stores an open connection unless there is a row of it: from a repeated invocation, or from its `$disconnect`. */
export async function connect(table: TableAccess, connection: NewConnection): Promise<void> {
  const key = table.keys.connection(connection.connectionId);
  const put = new PutCommand({
    TableName: table.tableName,
    Item: openConnectionItem(key, connection, expireAtOf(table, connection)),
    ConditionExpression: anyOf(ABSENT, EXPIRED),
    ExpressionAttributeValues: { ":now": nowSeconds(table) },
  });
  try {
    await call(table, () => table.client.send(put));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Reads a live connection, strongly consistent. */
export async function getConnection(
  table: TableAccess,
  connectionId: string,
): Promise<Connection | undefined> {
  const get = new GetCommand({
    TableName: table.tableName,
    Key: table.keys.connection(connectionId),
    ConsistentRead: true,
  });
  const { Item } = await call(table, () => table.client.send(get));
  return toConnection(connectionId, Item, readingOf(table));
}

/** Stores the `connectionParams` of an open connection that announced them and has none. */
export async function setConnectionParams(
  table: TableAccess,
  connectionId: string,
  params: ConnectionParams | "invalid",
): Promise<ParamsOutcome> {
  const open = "#state = :open";
  const announced = "paramsExpected = :true";
  const first = "attribute_not_exists(connectionParams)";
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.connection(connectionId),
    UpdateExpression: "SET connectionParams = :params",
    ConditionExpression: allOf(open, LIVE, announced, first),
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: {
      ":params": encodeParams(params),
      ":open": "OPEN",
      ":true": true,
      ":now": nowSeconds(table),
    },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
  try {
    await call(table, () => table.client.send(update));
    return "stored";
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const there = toConnection(connectionId, fromError(error.Item ?? {}), readingOf(table));
    return there?.connectionParams === undefined ? "refused" : "duplicate";
  }
}

/** Takes the mark of a client that can be moved to another socket. */
export async function takeHandOver(table: TableAccess, connectionId: string): Promise<boolean> {
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.connection(connectionId),
    UpdateExpression: "REMOVE handOver",
    ConditionExpression: allOf("#state = :open", LIVE, "handOver = :true"),
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: { ":open": "OPEN", ":true": true, ":now": nowSeconds(table) },
  });
  try {
    await call(table, () => table.client.send(update));
    return true;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return false;
  }
}
