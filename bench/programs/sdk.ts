import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import {
  DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { keysOf } from "../../src/store/keys.ts";
import { countedClient, type DynamoDBUsage } from "./dynamodbUsage.ts";
import { audiencePrefix, framer, ROUTE_PATH, type Target, targetOf } from "./routeRow.ts";
import type { Task } from "./task.ts";

/** Posts under way at once in a pool that is not told. */
export const DEFAULT_WIDTH = 64;

/** The audience, page by page as DynamoDB gives it, read as most people would: eventually consistent. */
export function sdkPages(task: Task, usage: DynamoDBUsage): () => AsyncIterable<readonly Target[]> {
  const client = DynamoDBDocumentClient.from(
    countedClient(usage, { endpoint: task.dynamoDBEndpoint }),
  );
  return async function* () {
    let from: QueryCommandInput["ExclusiveStartKey"];
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: task.tableName,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: {
            ":pk": keysOf(undefined).path(ROUTE_PATH, 0),
            ":prefix": audiencePrefix(task),
          },
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      yield (page.Items ?? []).map((item) => targetOf(String(item["sk"])));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  };
}

/** Posts one frame with the SDK's `send`. */
export function sdkPost(
  task: Task,
  config: ApiGatewayManagementApiClientConfig,
): (target: Target) => Promise<void> {
  const client = new ApiGatewayManagementApiClient({ ...config, endpoint: task.endpoint });
  const frame = framer(task.data);
  return async (target) => {
    await client.send(
      new PostToConnectionCommand({ ConnectionId: target.connectionId, Data: frame(target) }),
    );
  };
}

/** The whole audience as one array. */
export async function everybody(pages: AsyncIterable<readonly Target[]>): Promise<Target[]> {
  const targets: Target[] = [];
  for await (const page of pages) targets.push(...page);
  return targets;
}
