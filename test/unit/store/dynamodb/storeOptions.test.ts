import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { BuilderError, dynamodb } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";

const dynamoDBClient = new DynamoDBClient({ region: "eu-central-1" });
const tableName = "table";

it.each([
  [undefined, "expected an object of options. Known: tableName, dynamoDBClient,"],
  ["table", "expected an object of options."],
  [
    { dynamoDBClient },
    "tableName is undefined. Is its environment variable set? It is the table's name or ARN.",
  ],
  [{ tableName: "", dynamoDBClient }, 'tableName is "". Is its'],
  [{ tableName: "my table", dynamoDBClient }, 'tableName is "my table". Is its'],
  [{ tableName: { name: "table" }, dynamoDBClient }, "tableName is an object. Is its"],
  [{ tableName }, "dynamoDBClient is undefined. It is a client, new DynamoDBClient({})"],
  [{ tableName, dynamoDBClient: {} }, "dynamoDBClient is an object. It is a client"],
  [{ tableName, dynamoDBClient: DynamoDBClient }, "dynamoDBClient is a function. It is a client"],
  [{ tableName, client: dynamoDBClient }, 'unknown option "client". Known: tableName,'],
  [{ tableName, dynamoDBClient, nameSpace: "tenant" }, 'unknown option "nameSpace". Known:'],
  [{ tableName, dynamoDBClient, namespace: 1 }, "namespace is 1. It is a text."],
  [
    { tableName, dynamoDBClient, maxSubscriptionsPerConnection: "50" },
    'maxSubscriptionsPerConnection is "50", not a number.',
  ],
  [{ tableName, dynamoDBClient, ttlSeconds: Number.NaN }, "ttlSeconds is NaN, not a number"],
  [{ tableName, dynamoDBClient, now: 5 }, "now is 5, not a function."],
])("dynamodb() refuses %j at once", (options, message) => {
  const make = () => dynamodb(options as never);
  expect(make).toThrow(BuilderError);
  expect(make).toThrow(`dynamodb(): ${message}`);
});

it.each([
  { tableName, dynamoDBClient },
  // As compilers let pass without exactOptionalPropertyTypes.
  { tableName, dynamoDBClient, namespace: undefined as never, ttlSeconds: undefined as never },
  { tableName: "my-app_1.dev", dynamoDBClient: DynamoDBDocumentClient.from(dynamoDBClient) },
  { tableName: "arn:aws:dynamodb:eu-central-1:123456789012:table/chat", dynamoDBClient },
])("dynamodb() takes a name and a client", (options) => {
  expect(dynamodb(options)).toHaveProperty("findRoutes");
});
