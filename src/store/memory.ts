import { randomBytes } from "node:crypto";
import { keysOf } from "./keys.ts";
import { DEFAULT_MAX_SUBSCRIPTIONS, meetLastFrame, TOMBSTONE_MS } from "./lifecycle.ts";
import { fanOuts } from "./memoryFanOuts.ts";
import { history } from "./memoryHistory.ts";
import { findRoutes } from "./memoryRoutes.ts";
import {
  activeRows,
  emptyRows,
  live,
  putRoutes,
  putSubscription,
  type Rows,
  removeExpired,
  removeRoutes,
  seconds,
  subscriptionRow,
} from "./memoryRows.ts";
import { routeKeys } from "./rows.ts";
import type {
  Connection,
  EpochMs,
  NewConnection,
  NewSubscription,
  Route,
  RowKey,
  StopRequest,
  Store,
  StoredSubscription,
  StoreLimits,
  SubscribeOutcome,
} from "./types.ts";

/** Options of {@link memory}. */
export interface MemoryStoreOptions extends StoreLimits {
  /**
   * Reads the time, in epoch milliseconds.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => EpochMs;
}

/** A {@link Store} in this process. */
export interface MemoryStore extends Store {
  /** Live route rows of every route: 0 when nobody listens to anything. */
  countRoutes(): number;
  /** Keys of the live route rows: what publishers can find, and by which values. */
  routes(): readonly RowKey[];
}

const keys = keysOf(undefined);

/**
 * A store in the memory of this process, for tests and local development. It keeps the contract of the DynamoDB store,
 * with the same keys; what it holds ends with the process.
 *
 * @category Store
 */
export function memory(options: MemoryStoreOptions = {}): MemoryStore {
  const rows = emptyRows({
    maxSubscriptions: options.maxSubscriptionsPerConnection ?? DEFAULT_MAX_SUBSCRIPTIONS,
    now: options.now ?? Date.now,
  });
  const secret = randomBytes(32).toString("base64url");
  return {
    connect: async (connection) => connect(rows, connection),
    getConnection: async (connectionId) => live(rows, rows.connections.get(connectionId))?.open,
    setConnectionParams: async (connectionId, params) => {
      const open = live(rows, rows.connections.get(connectionId))?.open;
      if (open?.paramsExpected !== true) return "refused";
      if (open.connectionParams !== undefined) return "duplicate";
      rows.connections.set(connectionId, {
        open: { ...open, connectionParams: params },
        expireAt: open.expireAt,
      });
      return "stored";
    },
    takeHandOver: async (connectionId) => {
      const open = live(rows, rows.connections.get(connectionId))?.open;
      if (open?.handOver !== true) return false;
      const { handOver: _, ...taken } = open;
      rows.connections.set(connectionId, { open: taken, expireAt: open.expireAt });
      return true;
    },
    subscribe: async (connection, subscriptions) => subscribe(rows, connection, subscriptions),
    stop: async (request) => stop(rows, request),
    getSubscriptions: async (subscribers) => {
      const asked = subscribers.map(({ connectionId, id }) =>
        subscriptionRow(rows, connectionId, id),
      );
      const active = asked.filter((row) => row?.state === "ACTIVE");
      return [...new Set(active)].flatMap((row) => (row === undefined ? [] : [row.stored]));
    },
    disconnect: async (connectionId) => disconnect(rows, connectionId),
    disconnectAll: async (routes) => disconnectAll(rows, routes),
    findRoutes: (query) => findRoutes(rows, keys, query),
    signingKey: async () => secret,
    fanOuts: fanOuts(rows),
    history: history(rows, keys),
    countRoutes: () => liveRoutes(rows).length,
    routes: () => liveRoutes(rows),
  };
}

function liveRoutes(rows: Rows): readonly RowKey[] {
  return [...rows.routes].flatMap(([pk, partition]) =>
    [...partition].flatMap(([sk, row]) => (live(rows, row) === undefined ? [] : [{ pk, sk }])),
  );
}

function connect(rows: Rows, connection: NewConnection): void {
  removeExpired(rows);
  const { connectionId } = connection;
  if (live(rows, rows.connections.get(connectionId)) !== undefined) return;
  const expireAt = Math.floor(connection.expireAt);
  rows.connections.set(connectionId, { open: { ...connection, expireAt }, expireAt });
}

function subscribe(
  rows: Rows,
  connection: Connection,
  subscriptions: readonly NewSubscription[],
): readonly SubscribeOutcome[] {
  const ids = new Set<NewSubscription["id"]>();
  return subscriptions.map((subscription) => {
    if (ids.has(subscription.id)) return { status: "duplicate" };
    ids.add(subscription.id);
    return subscribeOne(rows, connection, subscription);
  });
}

function subscribeOne(
  rows: Rows,
  connection: Connection,
  subscription: NewSubscription,
): SubscribeOutcome {
  const { connectionId } = connection;
  const open = live(rows, rows.connections.get(connectionId))?.open;
  if (open === undefined) return { status: "closed" };
  const last = subscriptionRow(rows, connectionId, subscription.id);
  const verdict = last === undefined ? "replace" : meetLastFrame(last, subscription);
  if (verdict !== "replace") return verdict;
  if (activeRows(rows, connectionId).length >= rows.maxSubscriptions) {
    return { status: "limit", maxSubscriptions: rows.maxSubscriptions };
  }
  const { id, path, hookState, requestTimeMs, messageId } = subscription;
  const { expireAt } = open;
  const routes = routeKeys(keys, connection, subscription);
  putSubscription(rows, {
    state: "ACTIVE",
    requestTimeMs,
    messageId,
    expireAt,
    routes,
    stored: {
      connectionId,
      id,
      requestTimeMs,
      path,
      ...(hookState !== undefined && { hookState }),
    },
  });
  putRoutes(rows, routes, expireAt);
  return { status: "active" };
}

function stop(rows: Rows, request: StopRequest): StoredSubscription | undefined {
  const { connectionId, id, requestTimeMs } = request;
  const last = subscriptionRow(rows, connectionId, id);
  if (last !== undefined && last.requestTimeMs > requestTimeMs) return undefined;
  putSubscription(rows, {
    state: "STOPPED",
    requestTimeMs,
    expireAt: seconds(rows.now() + TOMBSTONE_MS),
    routes: [],
    stored: { connectionId, id, requestTimeMs, path: last?.stored.path ?? "" },
  });
  if (last?.state !== "ACTIVE") return undefined;
  removeRoutes(rows, last.routes);
  return last.stored;
}

function disconnect(rows: Rows, connectionId: string): readonly StoredSubscription[] {
  const { expireAt } = rows.connections.get(connectionId) ?? {
    expireAt: seconds(rows.now() + TOMBSTONE_MS),
  };
  rows.connections.set(connectionId, { expireAt });
  const active = activeRows(rows, connectionId);
  for (const { routes } of active) removeRoutes(rows, routes);
  return active.map(({ stored }) => stored);
}

function disconnectAll(rows: Rows, routes: readonly Route[]): readonly StoredSubscription[] {
  const connectionIds = new Set(routes.map(({ subscriber }) => subscriber.connectionId));
  const ended = [...connectionIds].flatMap((connectionId) => disconnect(rows, connectionId));
  removeRoutes(
    rows,
    routes.map(({ key }) => key),
  );
  return ended;
}
