import { callback, number, type OptionChecks, optional, shown } from "../../errors/checkOptions.ts";
import type { DynamoDBStoreOptions } from "./dynamodb.ts";

const NAME_OR_ARN = /^(arn:.+|[\w.-]+)$/;

/** Options of `dynamodb()`. A `namespace` with another name would be none, and its rows everybody's who shares the table. */
export const STORE_OPTIONS: OptionChecks<DynamoDBStoreOptions> = {
  tableName: (value) =>
    typeof value === "string" && NAME_OR_ARN.test(value)
      ? undefined
      : `is ${shown(value)}. Is its environment variable set? It is the table's name or ARN`,
  dynamoDBClient: (value) =>
    typeof Object(value).send === "function"
      ? undefined
      : `is ${shown(value)}. It is a client, new DynamoDBClient({}) of @aws-sdk/client-dynamodb`,
  namespace: optional((value) =>
    typeof value === "string" ? undefined : `is ${shown(value)}. It is a text`,
  ),
  maxSubscriptionsPerConnection: number(),
  ttlSeconds: number(),
  now: callback,
};
