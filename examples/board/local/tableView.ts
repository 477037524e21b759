import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inspectTable } from "trpc-aws-subscriptions/local";

/** A connection the table knows. */
export interface ConnectionRow {
  readonly connectionId: string;
  readonly userId: string;
  readonly activeSubscriptions: number;
}

/** A row that publishers find a subscription by. */
export interface RouteRow {
  readonly pk: string;
  readonly sk: string;
  readonly userId: string;
}

/** What is in the table. */
export interface TableView {
  /** Oldest first. */
  readonly connections: readonly ConnectionRow[];
  readonly routes: readonly RouteRow[];
}

/** Reads the whole table. */
export async function readTable(
  dynamoDBClient: DynamoDBClient,
  tableName: string,
): Promise<TableView> {
  const { connections, subscriptions } = await inspectTable({ tableName, dynamoDBClient });
  const userIds = new Map(
    connections.map(({ connectionId, session }) => [connectionId, userIdOf(session)]),
  );
  const active = subscriptions.filter(({ state }) => state === "active");
  const routes = active.flatMap(({ connectionId, routes }) =>
    routes
      .filter(({ isStored }) => isStored)
      .map(({ key }) => ({ ...key, userId: userIds.get(connectionId) ?? "" })),
  );
  return {
    connections: connections.map(({ connectionId }) => ({
      connectionId,
      userId: userIds.get(connectionId) ?? "",
      activeSubscriptions: active.filter((one) => one.connectionId === connectionId).length,
    })),
    routes: routes.toSorted((a, b) => (a.sk < b.sk ? -1 : 1)),
  };
}

/** A closed connection has no session any more. */
function userIdOf(session: string | undefined): string {
  if (session === undefined) return "";
  const { userId }: { readonly userId: string } = JSON.parse(session);
  return userId;
}
