/** The least that can be done with Node alone: signing and HTTP by hand, no SDK at all. */
import { Agent } from "node:http";
import { keysOf } from "../../src/store/keys.ts";
import type { DynamoDBUsage } from "./dynamodbUsage.ts";
import { type SignedPost, signedEndpoint } from "./limitRequest.ts";
import { pool } from "./pool.ts";
import { runProgram } from "./program.ts";
import { audiencePrefix, framer, ROUTE_PATH, type Target, targetOf } from "./routeRow.ts";
import type { Task } from "./task.ts";

/** Rows of the first page: a small one comes sooner, and the first post with it. */
const FIRST_PAGE = 250;
const DEFAULT_WIDTH = 64;

/** Part of a Query's answer. */
interface QueryAnswer {
  readonly Items: readonly { readonly sk: { readonly S: string } }[];
  readonly LastEvaluatedKey?: object;
  readonly ConsumedCapacity: { readonly CapacityUnits: number };
}

async function* pages(
  dynamoDB: SignedPost,
  task: Task,
  usage: DynamoDBUsage,
): AsyncGenerator<readonly Target[]> {
  const values = {
    ":pk": { S: keysOf(undefined).path(ROUTE_PATH, 0) },
    ":prefix": { S: audiencePrefix(task) },
  };
  let start: object = { Limit: FIRST_PAGE };
  for (;;) {
    const query = {
      TableName: task.tableName,
      ConsistentRead: true,
      ReturnConsumedCapacity: "TOTAL",
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: values,
      ...start,
    };
    const text = await dynamoDB("/", JSON.stringify(query));
    const answer: QueryAnswer = JSON.parse(text);
    usage.note("Query", 1, answer.ConsumedCapacity.CapacityUnits);
    yield answer.Items.map(({ sk }) => targetOf(sk.S));
    if (answer.LastEvaluatedKey === undefined) return;
    start = { ExclusiveStartKey: answer.LastEvaluatedKey };
  }
}

await runProgram((task, usage) => {
  const { width = DEFAULT_WIDTH } = task;
  const dynamoDB = signedEndpoint({
    url: new URL(task.dynamoDBEndpoint),
    service: "dynamodb",
    agent: new Agent({ keepAlive: true }),
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.Query",
    },
  });
  const gateway = signedEndpoint({
    url: new URL(task.endpoint),
    service: "execute-api",
    agent: new Agent({ keepAlive: true, maxSockets: width }),
    headers: { "content-type": "application/octet-stream" },
  });
  const frame = framer(task.data);
  const stage = new URL(task.endpoint).pathname;
  return async () => {
    await pool(pages(dynamoDB, task, usage), width, async (target) => {
      const path = `${stage}/@connections/${encodeURIComponent(target.connectionId)}`;
      await gateway(path, frame(target));
    });
  };
});
