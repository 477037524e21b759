import assert from "node:assert/strict";
import { type FilterField, filterKey } from "../../store/filterKeys.ts";
import type {
  ApiReference,
  Connection,
  NewConnection,
  NewSubscription,
  RouteAddress,
  RouteQuery,
  Store,
  SubscribeOutcome,
} from "../../store/types.ts";

/** A store for one case, empty. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Counts the live route rows of the store, whatever their path. */
  rows(): Promise<number>;
  /** Called when the case is over. */
  stop?(): Promise<void>;
}

/** What a case asks of the store that it gets. */
export interface StoreUnderTestOptions {
  /** Left out for the store's own default, which is 100. */
  readonly maxSubscriptionsPerConnection?: number;
  /** The store reads the time here and nowhere else, in epoch milliseconds. */
  readonly now: () => number;
}

/** One case of the contract. */
export interface StoreCase {
  readonly name: string;
  readonly maxSubscriptionsPerConnection?: number;
  run(world: World): Promise<void>;
}

/** A store with a clock that stands still, and shorthands. */
export interface World extends StoreUnderTest {
  /** Epoch milliseconds; the case moves it. */
  readonly clock: { nowMs: number };
  /** Opens a connection and reads it back. */
  connect(connectionId: string, fields?: Partial<NewConnection>): Promise<Connection>;
  /** Stores subscriptions; the status of each. */
  subscribe(
    connection: Connection,
    ...subscriptions: readonly NewSubscription[]
  ): Promise<readonly SubscribeOutcome["status"][]>;
  /** Finds subscribers: `connection/id` in alphabetical order, the id as JSON. */
  find(query: Partial<RouteQuery>): Promise<readonly string[]>;
}

/** When every case begins, and when its connections are opened: in the future, so that no TTL interferes. */
export const START_MS = 4_000_000_000_000;
/** When connections end unless the case says otherwise. */
export const END_SECONDS: number = START_MS / 1000 + 3600;
/** The path of every subscription unless the case says otherwise. */
export const PATH = "chat.onMessage";
/** The API of every connection unless the case says otherwise. */
export const API: ApiReference = { apiId: "a1b2c3d4e5", stage: "prod" };

/** A broadcast row's address. */
export const everyone: RouteAddress = { path: PATH };

/** A subscription frame: id 1, sent at {@link START_MS}, found by {@link everyone}. */
export function frame(fields: Partial<NewSubscription> = {}): NewSubscription {
  return {
    id: 1,
    jsonrpc: false,
    requestTimeMs: START_MS,
    messageId: "message-1",
    path: PATH,
    routes: [everyone],
    shards: 1,
    ...fields,
  };
}

/** The address of a filter with `ctx` and `input` values. */
export function filtered(
  name: string,
  ctx: readonly FilterField[],
  input?: readonly FilterField[],
): RouteAddress & { readonly filter: string } {
  return { path: PATH, filter: filterKey({ name, ctx, ...(input !== undefined && { input }) }) };
}

/** Wraps a store for one case. */
export function worldOf(under: StoreUnderTest, clock: { nowMs: number }): World {
  const { store } = under;
  return {
    ...under,
    clock,
    connect: async (connectionId, fields = {}) => {
      await store.connect({
        connectionId,
        api: API,
        connectedAt: START_MS,
        expireAt: END_SECONDS,
        paramsExpected: false,
        ...fields,
      });
      const connection = await store.getConnection(connectionId);
      assert.ok(connection, `${connectionId} was not stored`);
      return connection;
    },
    subscribe: async (connection, ...subscriptions) => {
      const outcomes = await store.subscribe(connection, subscriptions);
      return outcomes.map(({ status }) => status);
    },
    find: async (query) => {
      const found: string[] = [];
      for await (const page of store.findRoutes({ path: PATH, shards: 1, ...query })) {
        for (const { subscriber } of page) {
          found.push(`${subscriber.connectionId}/${JSON.stringify(subscriber.id)}`);
        }
      }
      return found.toSorted();
    },
  };
}
