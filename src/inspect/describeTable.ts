import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { call } from "../store/dynamodb/access.ts";
import { table as definition } from "../store/dynamodb/table.ts";

/** What DynamoDB tells of a table itself. */
export interface TableDescription {
  /** Of some hours ago; absent where the caller may not ask for it. */
  readonly itemCount?: number;
  /** False when the table has other keys than `pk` and `sk`; absent where the caller may not ask. */
  readonly hasOurKeys?: boolean;
  readonly timeToLive: TimeToLive;
}

/**
 * Whether DynamoDB deletes expired rows.
 *
 * - `unknown`: the caller may not ask, or an emulator does not know the question.
 */
export type TimeToLive =
  | { readonly status: "on" }
  | { readonly status: "off" }
  | { readonly status: "unknown" }
  | { readonly status: "otherAttribute"; readonly attribute: string };

/**
 * Asks for a table's keys, size and TTL.
 *
 * @throws {@link TableError} when the table does not exist
 */
export async function describeTable(
  client: DynamoDBClient,
  tableName: string,
): Promise<TableDescription> {
  const { partitionKey, sortKey } = definition;
  const described = await allowed(async () => {
    const command = new DescribeTableCommand({ TableName: tableName });
    return call({ tableName }, (options) => client.send(command, options));
  });
  const names = described?.Table?.KeySchema?.map(({ AttributeName }) => AttributeName);
  const itemCount = described?.Table?.ItemCount;
  return {
    ...(itemCount !== undefined && { itemCount }),
    ...(names !== undefined && {
      hasOurKeys: String(names) === String([partitionKey.name, sortKey.name]),
    }),
    timeToLive: await timeToLiveOf(client, tableName),
  };
}

async function timeToLiveOf(client: DynamoDBClient, tableName: string): Promise<TimeToLive> {
  const answer = await allowed(async () => {
    const command = new DescribeTimeToLiveCommand({ TableName: tableName });
    return call({ tableName }, (options) => client.send(command, options));
  });
  const { TimeToLiveStatus: status, AttributeName: attribute = "" } =
    answer?.TimeToLiveDescription ?? {};
  if (status === undefined) return { status: "unknown" };
  if (!status.startsWith("ENABL")) return { status: "off" };
  return attribute === definition.timeToLiveAttribute
    ? { status: "on" }
    : { status: "otherAttribute", attribute };
}

/** `undefined` for what the caller may not ask, which is no reason not to read the table. */
async function allowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (["AccessDeniedException", "UnknownOperationException"].includes(name)) return undefined;
    throw error;
  }
}
