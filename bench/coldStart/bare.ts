/** Three handlers as one would write them with the SDK alone: a row for each connection, an echo. */
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from "@aws-sdk/lib-dynamodb";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketMessageEvent,
} from "../../src/index.ts";

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const tableName = process.env["TABLE_NAME"] ?? "";
const ROWS_END_AFTER_SECONDS = 8_100;

export async function connect(event: WebSocketConnectEvent): Promise<{ statusCode: number }> {
  const key = `connection#${event.requestContext.connectionId}`;
  const expireAt = Math.floor(Date.now() / 1000) + ROWS_END_AFTER_SECONDS;
  await client.send(
    new PutCommand({
      TableName: tableName,
      Item: { pk: key, sk: key, expireAt },
      ConditionExpression: "attribute_not_exists(pk)",
    }),
  );
  return { statusCode: 200 };
}

export async function disconnect(event: WebSocketDisconnectEvent): Promise<{ statusCode: number }> {
  const key = `connection#${event.requestContext.connectionId}`;
  await client.send(new DeleteCommand({ TableName: tableName, Key: { pk: key, sk: key } }));
  return { statusCode: 200 };
}

export async function handler(event: WebSocketMessageEvent): Promise<{ statusCode: number }> {
  const { connectionId, apiId, stage } = event.requestContext;
  const endpoint = `https://${apiId}.execute-api.${process.env["AWS_REGION"]}.amazonaws.com/${stage}`;
  const { Items } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": `connection#${connectionId}` },
    }),
  );
  await new ApiGatewayManagementApiClient({ endpoint }).send(
    new PostToConnectionCommand({ ConnectionId: connectionId, Data: JSON.stringify(Items) }),
  );
  return { statusCode: 200 };
}
