import { type DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";

/** A connection the table knows. */
export interface ConnectionRow {
  readonly connectionId: string;
  readonly userId: string;
  /** Epoch milliseconds. */
  readonly connectedAt: number;
  readonly isOpen: boolean;
}

/** A row that publishers find a subscription by. */
export interface RouteRow {
  readonly pk: string;
  readonly sk: string;
  /** Where the part of the key begins that names the subscriber; before it is the filter. */
  readonly subscriberAt: number;
  readonly connectionId: string;
  readonly subscriptionId: string;
}

/** What is in the table. */
export interface TableView {
  readonly connections: readonly ConnectionRow[];
  readonly routes: readonly RouteRow[];
}

const SUBSCRIBER = /connection#([^#]+)#subscription#([^#]+)#[^#]+$/;

/** Reads the whole table. */
export async function readTable(
  client: DynamoDBDocumentClient,
  tableName: string,
): Promise<TableView> {
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName: tableName, ConsistentRead: true }),
  );
  const connections: ConnectionRow[] = [];
  const routes: RouteRow[] = [];
  for (const { pk, sk, ...attributes } of Items) {
    const subscriber = SUBSCRIBER.exec(sk);
    if (pk.startsWith("path#") && subscriber !== null) {
      const [, connectionId = "", subscriptionId = ""] = subscriber;
      routes.push({ pk, sk, subscriberAt: subscriber.index, connectionId, subscriptionId });
    } else if (pk === sk) {
      const session = JSON.parse(attributes["session"] ?? "{}");
      connections.push({
        connectionId: pk.slice("connection#".length),
        userId: session.userId ?? "",
        connectedAt: attributes["connectedAt"],
        isOpen: attributes["state"] === "OPEN",
      });
    }
  }
  return { connections, routes };
}
