import { type Item, numberOf, textOf, toSubscriptionRow } from "../store/dynamodb/items.ts";
import { type KeyParts, type RouteKeyParts, readRowKey } from "../store/readKeys.ts";
import type { EpochMs, RowKey } from "../store/types.ts";
import { Histories } from "./histories.ts";
import type {
  InspectedConnection,
  InspectedHistory,
  InspectedRoute,
  InspectedSubscription,
} from "./types.ts";

/** Rows of one use of an id, as they come in. */
interface Incarnation {
  readonly of: Pick<InspectedSubscription, "connectionId" | "id" | "requestTimeMs">;
  row?: ReturnType<typeof toSubscriptionRow>;
  readonly listed: Map<string, RowKey>;
  readonly stored: Map<string, { readonly key: RowKey; readonly expireAt: number }>;
}

const textOfKey = ({ pk, sk }: RowKey): string => JSON.stringify([pk, sk]);

/** Puts rows together that belong together, in whatever order they come. */
export class Collection {
  readonly #namespace: string | undefined;
  readonly #readAt: EpochMs;
  readonly #connections = new Map<string, InspectedConnection>();
  readonly #incarnations = new Map<string, Incarnation>();

  readonly #histories = new Histories();

  constructor(namespace: string | undefined, readAt: EpochMs) {
    this.#namespace = namespace;
    this.#readAt = readAt;
  }

  /** Takes one row; those of other kinds are left out. */
  add(item: Item): void {
    const key = { pk: textOf(item, "pk") ?? "", sk: textOf(item, "sk") ?? "" };
    const parts = readRowKey(this.#namespace, key);
    if (parts !== undefined) this.#take(parts, key, item);
  }

  /** Oldest first. */
  connections(): readonly InspectedConnection[] {
    return [...this.#connections.values()].toSorted(
      (a, b) => a.connectedAt - b.connectedAt || compare(a.connectionId, b.connectionId),
    );
  }

  /** In the order of their connections, then of their subscribing. */
  subscriptions(): readonly InspectedSubscription[] {
    const order = new Map(
      this.connections().map(({ connectionId }, index) => [connectionId, index]),
    );
    const place = ({ connectionId }: InspectedSubscription): number =>
      order.get(connectionId) ?? order.size;
    return [...this.#incarnations.values()]
      .map((one) => this.#subscriptionOf(one))
      .toSorted(
        (a, b) =>
          place(a) - place(b) ||
          compare(a.connectionId, b.connectionId) ||
          a.requestTimeMs - b.requestTimeMs,
      );
  }

  /** In the order of their paths. */
  histories(): readonly InspectedHistory[] {
    return this.#histories.list();
  }

  #take(parts: KeyParts, key: RowKey, item: Item): void {
    switch (parts.kind) {
      case "connection":
        this.#connections.set(parts.connectionId, connectionOf(parts.connectionId, item));
        return;
      case "subscription": {
        const row = toSubscriptionRow(parts.connectionId, item);
        const one = this.#incarnation({ ...parts, requestTimeMs: row.requestTimeMs });
        one.row = row;
        // Those of a tombstone are of an earlier use of the id.
        if (row.state === "ACTIVE") {
          for (const route of row.routes) one.listed.set(textOfKey(route), route);
        }
        return;
      }
      case "route": {
        const { subscriber, requestTimeMs } = parts;
        const one = this.#incarnation({ ...subscriber, requestTimeMs });
        one.stored.set(textOfKey(key), { key, expireAt: numberOf(item, "expireAt") });
        return;
      }
      default:
        if (numberOf(item, "expireAt") * 1000 > this.#readAt) this.#histories.add(parts);
    }
  }

  #incarnation({ connectionId, id, requestTimeMs }: Incarnation["of"]): Incarnation {
    const text = JSON.stringify([connectionId, id, requestTimeMs]);
    const known = this.#incarnations.get(text);
    if (known !== undefined) return known;
    const of = { connectionId, id, requestTimeMs };
    const made: Incarnation = { of, listed: new Map(), stored: new Map() };
    this.#incarnations.set(text, made);
    return made;
  }

  #subscriptionOf({ of, row, listed, stored }: Incarnation): InspectedSubscription {
    const keys = new Map([
      ...listed,
      ...[...stored].map(([text, { key }]) => [text, key] as const),
    ]);
    const parts = [...keys].flatMap(([text, key]) => {
      const read = readRowKey(this.#namespace, key);
      return read?.kind === "route" ? [{ text, key, read }] : [];
    });
    const routes = parts.map(({ text, key, read }) =>
      routeOf(key, read, {
        isListed: listed.has(text),
        isStored: stored.has(text),
        expireAt: stored.get(text)?.expireAt ?? 0,
      }),
    );
    const latest = Math.max(0, ...routes.map(({ expireAt }) => expireAt));
    return {
      ...of,
      state: row === undefined ? "leftOver" : row.state === "ACTIVE" ? "active" : "stopped",
      path: row?.stored.path || pathOf(parts[0]?.read),
      expireAt: row?.expireAt ?? latest,
      routes,
    };
  }
}

function connectionOf(connectionId: string, item: Item): InspectedConnection {
  const session = textOf(item, "session");
  const announced = item.paramsExpected === true ? "awaited" : "none";
  return {
    connectionId,
    state: item.state === "OPEN" ? "open" : "closed",
    connectedAt: numberOf(item, "connectedAt"),
    expireAt: numberOf(item, "expireAt"),
    api: { apiId: textOf(item, "apiId") ?? "", stage: textOf(item, "stage") ?? "" },
    ...(session !== undefined && { session }),
    connectionParams: item.connectionParams === undefined ? announced : "stored",
  };
}

function routeOf(
  key: RowKey,
  { shard, filterKey, filter, apiFingerprint }: RouteKeyParts,
  presence: Pick<InspectedRoute, "isListed" | "isStored" | "expireAt">,
): InspectedRoute {
  return {
    key,
    ...presence,
    shard,
    ...(filterKey !== undefined && { filter: filter ?? "unreadable" }),
    apiFingerprint,
  };
}

function pathOf(route: RouteKeyParts | undefined): string {
  return typeof route?.path === "string" ? route.path : "";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
