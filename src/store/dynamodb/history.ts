import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import {
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import type {
  EventHistory,
  EventQuery,
  KeepOutcome,
  NewEvent,
  PublishKey,
  StoredEvent,
} from "../eventHistory.ts";
import type { TransactItem } from "../outbox.ts";
import type { RowKey } from "../types.ts";
import { call, nowSeconds, type TableAccess } from "./access.ts";
import { deleteRows } from "./batches.ts";
import { ABSENT, anyOf, EXPIRED, LIVE } from "./conditions.ts";
import { fromError, type Item, numberOf, textOf } from "./items.ts";
import { encodeOutbox } from "./outboxText.ts";

/** The events of a table. */
export function history(table: TableAccess): EventHistory {
  return {
    keep: (event, signal) => keep(table, event, signal),
    forget: (event) => deleteRows(table, eventKeys(table, event)),
    finish: (at) => finish(table, at),
    noteQuiet: async (client, untilMs, expireAt) => {
      const Item = {
        ...table.keys.quiet(client),
        until: untilMs,
        expireAt: Math.floor(expireAt),
      };
      const put = new PutCommand({ TableName: table.tableName, Item });
      await call(table, () => table.client.send(put));
    },
    quietUntil: async (client) => {
      const Key = table.keys.quiet(client);
      const get = new GetCommand({ TableName: table.tableName, Key, ConsistentRead: true });
      const { Item } = await call(table, () => table.client.send(get));
      if (Item === undefined || numberOf(Item, "expireAt") <= nowSeconds(table)) return undefined;
      return numberOf(Item, "until");
    },
    read: (query) => read(table, query),
  };
}

async function keep(
  table: TableAccess,
  event: NewEvent,
  signal: AbortSignal | undefined,
): Promise<KeepOutcome> {
  const { client } = table;
  const [first, ...more] = keepItems(table, event);
  if (first !== undefined && more.length === 0) {
    const put = new PutCommand(first.Put);
    await call(table, (options) => client.send(put, options), signal);
    return { status: "kept" };
  }
  const TransactItems = [first, ...more].filter((item) => item !== undefined);
  try {
    // A command for each try: the token of one would make the later ones an echo of the first.
    const send = (options: object): Promise<unknown> =>
      client.send(new TransactWriteCommand({ TransactItems }), options);
    await call(table, send, signal);
    return { status: "kept" };
  } catch (error) {
    const there = event.once && keyInTheWay(error);
    if (there === undefined) throw error;
    const cursor = textOf(there, "cursor") ?? "";
    // Ours, though the answer to the try that wrote it was lost.
    if (cursor === event.cursor) return { status: "kept" };
    const fingerprint = textOf(there, "fingerprint") ?? "";
    return { status: "repeated", cursor, fingerprint, finished: there.state === "DONE" };
  }
}

/** The writes by which an event is kept; that of its key is the first. */
export function keepItems(table: TableAccess, event: NewEvent): readonly TransactItem[] {
  const { filters, text, expireAt, once, outbox } = event;
  const events = eventKeys(table, event).map((key, index) => ({
    Put: {
      TableName: table.tableName,
      Item: {
        ...key,
        text,
        expireAt: Math.floor(expireAt),
        // The stream tells of every row, and the event is to be posted once.
        ...(outbox === true && index === 0 && { outbox: encodeOutbox(event.path, filters) }),
      },
    },
  }));
  return once === undefined ? events : [onceItem(table, event, once), ...events];
}

function eventKeys(
  { keys }: TableAccess,
  { path, filters, cursor }: Pick<NewEvent, "path" | "filters" | "cursor">,
): readonly RowKey[] {
  return filters.map((filter) => ({ pk: keys.events(path, filter), sk: cursor }));
}

function onceItem(
  table: TableAccess,
  { path, cursor, expireAt }: NewEvent,
  { key, fingerprint }: PublishKey,
): TransactItem {
  return {
    Put: {
      TableName: table.tableName,
      Item: {
        ...table.keys.publishKey(path, key),
        state: "OPEN",
        cursor,
        fingerprint,
        expireAt: Math.floor(expireAt),
      },
      ConditionExpression: anyOf(ABSENT, EXPIRED),
      ExpressionAttributeValues: { ":now": nowSeconds(table) },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  };
}

/** The row of the same key that kept a transaction from its writes. */
function keyInTheWay(error: unknown): Item | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const [first] = error.CancellationReasons ?? [];
  return first?.Code === "ConditionalCheckFailed" ? fromError(first.Item ?? {}) : undefined;
}

async function finish(
  table: TableAccess,
  { path, key }: { readonly path: string; readonly key: string },
): Promise<void> {
  const update = new UpdateCommand({
    TableName: table.tableName,
    Key: table.keys.publishKey(path, key),
    UpdateExpression: "SET #state = :done",
    // A row made here would have no `expireAt`.
    ConditionExpression: "attribute_exists(pk)",
    ExpressionAttributeNames: { "#state": "state" },
    ExpressionAttributeValues: { ":done": "DONE" },
  });
  try {
    await call(table, () => table.client.send(update));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

async function* read(
  table: TableAccess,
  { path, filter, from, signal }: EventQuery,
): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  let start: Record<string, unknown> | undefined;
  do {
    signal?.throwIfAborted();
    const query = new QueryCommand({
      TableName: table.tableName,
      ConsistentRead: true,
      KeyConditionExpression: "pk = :pk AND sk >= :from",
      FilterExpression: LIVE,
      ExpressionAttributeValues: {
        ":pk": table.keys.events(path, filter),
        ":from": from,
        ":now": nowSeconds(table),
      },
      ...(start !== undefined && { ExclusiveStartKey: start }),
    });
    const page = await call(table, (options) => table.client.send(query, options), signal);
    const events = (page.Items ?? []).map(toEvent);
    if (events.length > 0) yield events;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

function toEvent(item: Item): StoredEvent {
  return { cursor: textOf(item, "sk") ?? "", text: textOf(item, "text") ?? "" };
}
