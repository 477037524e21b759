/**
 * What each function may do, and nothing else: the policies of SECURITY.md for any tool that is written in TypeScript.
 * A test compares them with that page, whose policies are held against the calls really made.
 */

/** ARNs as the tool has them: text, or what becomes text when it is deployed. */
export interface Arns<T> {
  readonly table: T;
  readonly fanOutQueue: T;
  /** `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/POST/@connections/*` */
  readonly post: T;
  /** `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/DELETE/@connections/*` */
  readonly close: T;
}

/** A statement that allows something. */
export interface Statement<T> {
  readonly actions: readonly string[];
  readonly resources: readonly T[];
  /** Patterns of the partition keys it is for; all, when left out. */
  readonly leadingKeys?: readonly string[];
}

const CONNECTIONS = "connection#*";
const ROUTES = "path#*";
const CURSOR_KEY = "secret#cursor";
const FAN_OUTS = "fanOut#*";
const EVENTS = "event#*";
const PUBLISH_KEYS = "published#*";
const QUIET_NOTES = "quiet#*";

/** `$connect` */
export function connectPolicy<T>({ table }: Arns<T>): readonly Statement<T>[] {
  return [{ actions: ["dynamodb:PutItem"], resources: [table], leadingKeys: [CONNECTIONS] }];
}

/** `$disconnect` */
export function disconnectPolicy<T>({ table }: Arns<T>): readonly Statement<T>[] {
  return [
    {
      actions: ["dynamodb:UpdateItem", "dynamodb:Query"],
      resources: [table],
      leadingKeys: [CONNECTIONS],
    },
    { actions: ["dynamodb:BatchWriteItem"], resources: [table], leadingKeys: [ROUTES] },
  ];
}

/** `$default`, or all three routes in one function */
export function defaultPolicy<T>({ table, post }: Arns<T>): readonly Statement<T>[] {
  return [
    {
      actions: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"],
      resources: [table],
      leadingKeys: [CONNECTIONS],
    },
    {
      actions: ["dynamodb:PutItem", "dynamodb:UpdateItem"],
      resources: [table],
      leadingKeys: [CONNECTIONS, ROUTES],
    },
    { actions: ["dynamodb:BatchWriteItem"], resources: [table], leadingKeys: [ROUTES] },
    // For routes with history, as the next one.
    { actions: ["dynamodb:Query"], resources: [table], leadingKeys: [EVENTS] },
    {
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [table],
      leadingKeys: [QUIET_NOTES],
    },
    { actions: ["execute-api:ManageConnections"], resources: [post] },
  ];
}

function readAudience<T>({ table }: Pick<Arns<T>, "table">): readonly Statement<T>[] {
  return [
    {
      actions: ["dynamodb:Query", "dynamodb:BatchWriteItem"],
      resources: [table],
      leadingKeys: [ROUTES],
    },
    {
      actions: ["dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"],
      resources: [table],
      leadingKeys: [CONNECTIONS],
    },
  ];
}

/** Whatever publishes; it sends the rest of a large audience to the queue. */
export function publisherPolicy<T>(arns: Arns<T>): readonly Statement<T>[] {
  const { table, fanOutQueue, post, close } = arns;
  return [
    ...readAudience(arns),
    {
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [table],
      leadingKeys: [CURSOR_KEY, FAN_OUTS],
    },
    { actions: ["dynamodb:UpdateItem"], resources: [table], leadingKeys: [FAN_OUTS] },
    // For routes with history, as the next one. An event and its key are put in one transaction.
    { actions: ["dynamodb:PutItem"], resources: [table], leadingKeys: [EVENTS, PUBLISH_KEYS] },
    { actions: ["dynamodb:UpdateItem"], resources: [table], leadingKeys: [PUBLISH_KEYS] },
    { actions: ["sqs:SendMessage"], resources: [fanOutQueue] },
    { actions: ["execute-api:ManageConnections"], resources: [post, close] },
  ];
}

/** The worker of the queue */
export function workerPolicy<T>(arns: Arns<T>): readonly Statement<T>[] {
  const { table, fanOutQueue, post, close } = arns;
  return [
    ...readAudience(arns),
    {
      actions: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      resources: [table],
      leadingKeys: [FAN_OUTS],
    },
    { actions: ["dynamodb:GetItem"], resources: [table], leadingKeys: [CURSOR_KEY] },
    // An event with history that it comes late to is kept anew.
    { actions: ["dynamodb:PutItem"], resources: [table], leadingKeys: [EVENTS] },
    // It closes connections that an event with history could not be posted to.
    { actions: ["execute-api:ManageConnections"], resources: [post, close] },
    { actions: ["sqs:SendMessage"], resources: [fanOutQueue] },
    // Lambda polls the queue in the function's role.
    {
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [fanOutQueue],
    },
  ];
}

/** A function that writes to the outbox; for one that publishes as well it is part of the publisher's */
export function outboxPolicy<T>({ table }: Pick<Arns<T>, "table">): readonly Statement<T>[] {
  return [
    { actions: ["dynamodb:PutItem"], resources: [table], leadingKeys: [EVENTS, PUBLISH_KEYS] },
  ];
}

/**
 * The handler of the table's stream
 *
 * @param stream - `arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE/stream/*`, or that of the stream
 */
export function streamHandlerPolicy<T>(
  arns: Omit<Arns<T>, "fanOutQueue">,
  stream: T,
): readonly Statement<T>[] {
  const { table, post, close } = arns;
  return [
    ...readAudience(arns),
    {
      actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
      resources: [table],
      leadingKeys: [FAN_OUTS],
    },
    // For events that are late.
    {
      actions: ["dynamodb:PutItem", "dynamodb:BatchWriteItem"],
      resources: [table],
      leadingKeys: [EVENTS],
    },
    { actions: ["execute-api:ManageConnections"], resources: [post, close] },
    // Lambda reads the stream in the function's role.
    {
      actions: [
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:DescribeStream",
        "dynamodb:ListStreams",
      ],
      resources: [stream],
    },
  ];
}
