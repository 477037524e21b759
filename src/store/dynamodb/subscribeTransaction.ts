import { type CancellationReason, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand, type TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import { routeKeys } from "../rows.ts";
import type { Connection, EpochMs, NewSubscription, RowKey, SubscribeOutcome } from "../types.ts";
import { call, nowSeconds, type TableAccess } from "./access.ts";
import { ABSENT, allOf, anyOf, EXPIRED, LIVE } from "./conditions.ts";
import { expireAtOf } from "./connections.ts";
import { activeItem, fromError, type Item, routeItem } from "./items.ts";

type TransactItem = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** One subscription on its way into the table. */
export interface Attempt {
  readonly subscription: NewSubscription;
  readonly routes: readonly RowKey[];
  /** Time of the tombstone that this subscription may replace. */
  replaces?: EpochMs;
  /** Absent while it is under way. */
  outcome?: SubscribeOutcome;
}

/** Starts an attempt. */
export function attempt(
  table: TableAccess,
  connection: Connection,
  subscription: NewSubscription,
): Attempt {
  return { subscription, routes: routeKeys(table.keys, connection, subscription) };
}

/** Writes that an attempt needs, besides the connection's one. */
export function writesOf({ routes }: Attempt): number {
  return 1 + routes.length;
}

/** Which conditions of a transaction did not hold. */
export interface Refusal {
  readonly error: TransactionCanceledException;
  /** The transaction was sent before and its fate is not known: what is in the way may be its own work. */
  readonly wasSentBefore: boolean;
  /** The connection's item as it is, when its condition did not hold. */
  readonly connection?: Item;
  /** The item that stands where the attempt's would go. */
  readonly inTheWay: ReadonlyMap<Attempt, Item>;
}

/** Stores subscriptions with all their routes, all or none; nothing is stored when there is a {@link Refusal}. */
export async function storeTogether(
  table: TableAccess,
  connection: Connection,
  attempts: readonly Attempt[],
): Promise<Refusal | undefined> {
  const parts = attempts.map((one) => attemptItems(table, connection, one));
  let sent = 0;
  // One per request: a token of our own would make every later try an echo of the first.
  const send = (): Promise<unknown> => {
    sent++;
    const TransactItems = [connectionItem(table, connection, attempts.length), ...parts.flat()];
    return table.client.send(new TransactWriteCommand({ TransactItems }));
  };
  try {
    await call(table, send);
    return undefined;
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const [first, ...rest] = error.CancellationReasons ?? [];
    const inTheWay = new Map<Attempt, Item>();
    let index = 0;
    for (const [position, one] of attempts.entries()) {
      const item = refused(rest[index]);
      if (item !== undefined) inTheWay.set(one, item);
      index += parts[position]?.length ?? 0;
    }
    const closedOrFull = refused(first);
    if (closedOrFull === undefined && inTheWay.size === 0) throw error;
    const wasSentBefore = sent > 1;
    return {
      error,
      wasSentBefore,
      inTheWay,
      ...(closedOrFull !== undefined && { connection: closedOrFull }),
    };
  }
}

/** The item that broke a condition; empty when it broke by not being there. */
function refused(reason: CancellationReason | undefined): Item | undefined {
  return reason?.Code === "ConditionalCheckFailed" ? fromError(reason.Item ?? {}) : undefined;
}

function connectionItem(
  table: TableAccess,
  connection: Connection,
  subscriptions: number,
): TransactItem {
  const open = "#state = :open";
  const roomLeft = "subscriptions <= :most";
  return {
    Update: {
      TableName: table.tableName,
      Key: table.keys.connection(connection.connectionId),
      UpdateExpression: "ADD subscriptions :more",
      ConditionExpression: allOf(open, LIVE, roomLeft),
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: {
        ":open": "OPEN",
        ":now": nowSeconds(table),
        ":more": subscriptions,
        ":most": table.maxSubscriptions - subscriptions,
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  };
}

function attemptItems(
  table: TableAccess,
  connection: Connection,
  { subscription, routes, replaces }: Attempt,
): readonly TransactItem[] {
  const expireAt = expireAtOf(table, connection);
  const key = table.keys.subscription(connection.connectionId, subscription.id);
  const sameTombstone = allOf("#state = :stopped", "requestTimeMs = :seen");
  const free =
    replaces === undefined
      ? { ConditionExpression: anyOf(ABSENT, EXPIRED) }
      : {
          ConditionExpression: anyOf(ABSENT, EXPIRED, sameTombstone),
          ExpressionAttributeNames: { "#state": "state" },
        };
  return [
    {
      Put: {
        TableName: table.tableName,
        Item: activeItem(key, subscription, { routes, expireAt }),
        ...free,
        ExpressionAttributeValues: {
          ":now": nowSeconds(table),
          ...(replaces !== undefined && { ":stopped": "STOPPED", ":seen": replaces }),
        },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    ...routes.map((route) => ({
      Put: { TableName: table.tableName, Item: routeItem(route, expireAt) },
    })),
  ];
}
