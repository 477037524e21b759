import type { RequestId } from "../../protocol/requestId.ts";
import {
  type HashedText,
  type KeyFilter,
  namespaceOfKey,
  readFilterKey,
  readRoutePartition,
  readRowKey,
} from "../../store/readKeys.ts";
import type { RowKey } from "../../store/types.ts";

/** What a call to the table meant for the subscriptions in it. */
export type TableObservation =
  /** A connection's row was put. */
  | {
      readonly type: "connection";
      readonly connectionId: string;
      /** JSON text; absent without `authorize`. */
      readonly session?: string;
    }
  /** A subscription's row was put, with its routes. */
  | {
      readonly type: "subscribed";
      readonly connectionId: string;
      readonly id: RequestId;
      readonly filters: readonly KeyFilter[];
      /** All rows of it, its own included. */
      readonly rows: number;
    }
  /** Routes were deleted. */
  | {
      readonly type: "deleted";
      readonly connectionId: string;
      readonly id: RequestId;
      readonly rows: number;
    }
  /** A publisher read whom a publish addresses, a page of at most 1 MB in one shard. */
  | {
      readonly type: "audience";
      readonly path: string | HashedText;
      readonly shard: number;
      /** Absent for every subscriber. */
      readonly filter?: KeyFilter;
      readonly rows: number;
      /** Not the first page. */
      readonly isContinued: boolean;
    }
  /** An event was kept for clients that come back. */
  | {
      readonly type: "kept";
      readonly path: string | HashedText;
      /** As clients get it. */
      readonly eventId: string;
      /** What it was published to. */
      readonly filters: readonly (KeyFilter | "everybody" | "unreadable")[];
      /** It was published with a `key`. */
      readonly hasKey: boolean;
    }
  /** Kept events were read for a client that came back. */
  | {
      readonly type: "missed";
      readonly path: string | HashedText;
      readonly eventIds: readonly string[];
    }
  /** A call named a table that does not exist. */
  | { readonly type: "noTable"; readonly tableName: string };

/** An attribute as DynamoDB's JSON has it; only the types that our keys and texts are of. */
interface Attribute {
  readonly S?: string;
}
type Attributes = Readonly<Record<string, Attribute>>;

interface Call {
  readonly TableName?: string;
  readonly TransactItems?: readonly { readonly Put?: { readonly Item: Attributes } }[];
  readonly Item?: Attributes;
  readonly RequestItems?: Readonly<
    Record<string, readonly { readonly DeleteRequest?: { readonly Key: Attributes } }[]>
  >;
  readonly ExpressionAttributeValues?: Attributes;
  readonly ExclusiveStartKey?: Attributes;
}

/** Answer to a `Query`. */
interface Page {
  readonly Count?: number;
  readonly Items?: readonly Attributes[];
}

/** Reads a refused call. */
export function refusedCall(body: Buffer, result: Buffer): readonly TableObservation[] {
  const isMissing = result.includes("ResourceNotFoundException");
  const tableName = isMissing ? parsed(body).TableName : undefined;
  return tableName === undefined ? [] : [{ type: "noTable", tableName }];
}

/** Reads one answered call; calls that mean nothing here give nothing. */
export function tableObservations(
  operation: string,
  body: Buffer,
  result: Buffer,
): readonly TableObservation[] {
  switch (operation) {
    case "PutItem": {
      const { Item = {} } = parsed(body);
      return [...connectionOf(Item), ...kept([Item])];
    }
    case "TransactWriteItems": {
      const items = (parsed(body).TransactItems ?? []).flatMap(({ Put }) =>
        Put === undefined ? [] : [Put.Item],
      );
      return [...subscribed(items), ...kept(items)];
    }
    case "BatchWriteItem":
      return deleted(
        Object.values(parsed(body).RequestItems ?? {})
          .flat()
          .flatMap(({ DeleteRequest }) => (DeleteRequest === undefined ? [] : [DeleteRequest.Key])),
      );
    case "Query": {
      const page = JSON.parse(result.toString()) as Page;
      return [...audience(parsed(body), page), ...missed(page)];
    }
    default:
      return [];
  }
}

function parsed(body: Buffer): Call {
  return JSON.parse(body.toString()) as Call;
}

function keyOf(item: Attributes): RowKey {
  return { pk: item["pk"]?.S ?? "", sk: item["sk"]?.S ?? "" };
}

function partsOf(item: Attributes): ReturnType<typeof readRowKey> {
  const key = keyOf(item);
  return readRowKey(namespaceOfKey(key.pk), key);
}

function connectionOf(item: Attributes): readonly TableObservation[] {
  const parts = partsOf(item);
  if (parts?.kind !== "connection") return [];
  const session = item["session"]?.S;
  const { connectionId } = parts;
  return [{ type: "connection", connectionId, ...(session !== undefined && { session }) }];
}

function subscribed(items: readonly Attributes[]): readonly TableObservation[] {
  const all = items.flatMap((item) => partsOf(item) ?? []);
  return all.flatMap((parts) => {
    if (parts.kind !== "subscription") return [];
    const { connectionId, id } = parts;
    const routes = all.flatMap((route) =>
      route.kind === "route" && isOf(route.subscriber, parts) ? [route] : [],
    );
    const filters = routes.flatMap(({ filter }) => filter ?? []);
    return [{ type: "subscribed", connectionId, id, filters, rows: routes.length + 1 }];
  });
}

function deleted(keys: readonly Attributes[]): readonly TableObservation[] {
  return keys.flatMap((key) => {
    const parts = partsOf(key);
    if (parts?.kind !== "route") return [];
    const { connectionId, id } = parts.subscriber;
    return [{ type: "deleted", connectionId, id, rows: 1 }];
  });
}

function kept(items: readonly Attributes[]): readonly TableObservation[] {
  const all = items.flatMap((item) => partsOf(item) ?? []);
  const events = all.flatMap((parts) => (parts.kind === "event" ? [parts] : []));
  const [event] = events;
  if (event === undefined) return [];
  const { path, cursor: eventId } = event;
  const filters = events.map(({ filter }) => filter ?? ("everybody" as const));
  return [
    { type: "kept", path, eventId, filters, hasKey: all.some(({ kind }) => kind === "publishKey") },
  ];
}

/** What a query found tells what it asked for, unless it found nothing. */
function missed({ Items = [] }: Page): readonly TableObservation[] {
  const events = Items.flatMap((item) => {
    const parts = partsOf(item);
    return parts?.kind === "event" ? [parts] : [];
  });
  const [event] = events;
  if (event === undefined) return [];
  return [{ type: "missed", path: event.path, eventIds: events.map(({ cursor }) => cursor) }];
}

function audience(
  { ExpressionAttributeValues = {}, ExclusiveStartKey }: Call,
  { Count = 0 }: Page,
): readonly TableObservation[] {
  const pk = ExpressionAttributeValues[":pk"]?.S ?? "";
  const prefix = ExpressionAttributeValues[":prefix"]?.S ?? "";
  const route = readRoutePartition(pk);
  if (route === undefined) return [];
  const filter = readFilterKey(prefix);
  return [
    {
      type: "audience",
      ...route,
      ...(filter !== undefined && { filter }),
      rows: Count,
      isContinued: ExclusiveStartKey !== undefined,
    },
  ];
}

function isOf(
  one: { readonly connectionId: string; readonly id: RequestId },
  other: { readonly connectionId: string; readonly id: RequestId },
): boolean {
  return one.connectionId === other.connectionId && one.id === other.id;
}
