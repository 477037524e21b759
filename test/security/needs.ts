import type { Need } from "./iam.ts";

/** An HTTP request as the SDK's request handlers get it. */
export interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Where requests go. */
export interface Account {
  readonly region: string;
  readonly account: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a request to DynamoDB needs. A transaction has no action of its own: each part needs the action of the same
 * single call.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 */
export function dynamoDBNeeds({ region, account }: Account, request: SdkRequest): readonly Need[] {
  const operation = operationOf(request);
  const input = jsonOf(request);
  const need = (action: string, table: unknown, leadingKeys: readonly string[]): Need => ({
    action: `dynamodb:${action}`,
    resource: `arn:aws:dynamodb:${region}:${account}:table/${String(table)}`,
    leadingKeys,
  });
  switch (operation) {
    case "GetItem":
    case "UpdateItem":
    case "DeleteItem":
      return [need(operation, input["TableName"], [partitionKey(input["Key"])])];
    case "PutItem":
      return [need(operation, input["TableName"], [partitionKey(input["Item"])])];
    case "Query":
      return [need(operation, input["TableName"], [queriedKey(input)])];
    case "Scan":
      return [need(operation, input["TableName"], [])];
    case "BatchGetItem":
    case "BatchWriteItem":
      return Object.entries(fields(input["RequestItems"])).map(([table, requests]) =>
        need(operation, table, batchKeys(requests)),
      );
    case "TransactWriteItems":
      return transactionNeeds(list(input["TransactItems"]).map(fields), need);
    default:
      throw new Error(`nobody has looked up what ${operation} needs`);
  }
}

/**
 * AWS does not say whether the keys of one part or of the whole transaction are held against a condition. The whole is
 * the stricter reading: what passes here passes either way.
 */
function transactionNeeds(
  parts: readonly Fields[],
  need: (action: string, table: unknown, leadingKeys: readonly string[]) => Need,
): readonly Need[] {
  const actions: Readonly<Record<string, string>> = {
    Put: "PutItem",
    Update: "UpdateItem",
    Delete: "DeleteItem",
    ConditionCheck: "ConditionCheckItem",
  };
  const asked = parts.flatMap((part) =>
    Object.entries(part).map(([name, value]) => {
      const { TableName: table, Item, Key } = fields(value);
      return { action: actions[name] ?? name, table, key: partitionKey(Item ?? Key) };
    }),
  );
  const keys = asked.map(({ key }) => key);
  return asked.map(({ action, table }) => need(action, table, keys));
}

function batchKeys(requests: unknown): readonly string[] {
  const keys: unknown = Array.isArray(requests)
    ? requests.map((request) => {
        const { DeleteRequest, PutRequest } = fields(request);
        return fields(DeleteRequest)["Key"] ?? fields(PutRequest)["Item"];
      })
    : fields(requests)["Keys"];
  return list(keys).map(partitionKey);
}

function queriedKey(input: Fields): string {
  const [, name = ""] = /^pk = (:\w+) /.exec(String(input["KeyConditionExpression"])) ?? [];
  return stringOf(fields(input["ExpressionAttributeValues"])[name]);
}

function partitionKey(key: unknown): string {
  return stringOf(fields(key)["pk"]);
}

/**
 * What a request to SQS needs. A batch needs what its single call does.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
 */
export function sqsNeeds({ region, account }: Account, request: SdkRequest): readonly Need[] {
  const queue = String(jsonOf(request)["QueueUrl"]).split("/").at(-1);
  const action = `sqs:${operationOf(request).replace(/Batch$/, "")}`;
  return [{ action, resource: `arn:aws:sqs:${region}:${account}:${queue}` }];
}

/**
 * What a request to the `@connections` API needs.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
 */
export function managementNeeds(
  { region, account }: Account,
  { apiId, request }: { readonly apiId: string; readonly request: SdkRequest },
): readonly Need[] {
  const [, stage, rest] = /^\/([^/]+)\/(@connections\/[^/]+)$/.exec(decodeURI(request.path)) ?? [];
  if (rest === undefined) throw new Error(`${request.path} is no path of the @connections API`);
  const resource = `arn:aws:execute-api:${region}:${account}:${apiId}/${stage}/${request.method}/${rest}`;
  return [{ action: "execute-api:ManageConnections", resource }];
}

function operationOf({ headers }: SdkRequest): string {
  return headers["x-amz-target"]?.split(".")[1] ?? "";
}

function jsonOf({ body }: SdkRequest): Fields {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
  return fields(JSON.parse(text));
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${JSON.stringify(value)} is no list`);
  return value;
}

function stringOf(attribute: unknown): string {
  const text = fields(attribute)["S"];
  if (typeof text !== "string") throw new Error(`${JSON.stringify(attribute)} is no string`);
  return text;
}
