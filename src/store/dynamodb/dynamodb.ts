import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { checkOptions } from "../../errors/checkOptions.ts";
import { keysOf } from "../keys.ts";
import { DEFAULT_MAX_SUBSCRIPTIONS } from "../lifecycle.ts";
import type { EpochMs, Store, StoreLimits } from "../types.ts";
import type { TableAccess } from "./access.ts";
import { connect, getConnection, setConnectionParams, takeHandOver } from "./connections.ts";
import { disconnect } from "./disconnect.ts";
import { disconnectAll } from "./disconnectAll.ts";
import { documentClientOn } from "./documentClient.ts";
import { fanOuts } from "./fanOuts.ts";
import { findRoutes } from "./findRoutes.ts";
import { history } from "./history.ts";
import { outbox } from "./outbox.ts";
import { once, signingKey } from "./signingKey.ts";
import { stop } from "./stop.ts";
import { STORE_OPTIONS } from "./storeOptions.ts";
import { subscribe } from "./subscribe.ts";
import { getSubscriptions } from "./subscriptionRows.ts";

/** Options of {@link dynamodb}. */
export interface DynamoDBStoreOptions extends StoreLimits {
  /** Name or ARN of the table; its keys are those of {@link table}. */
  readonly tableName: string;
  /**
   * The client to call DynamoDB with, plain or document client. Its middleware, region and credentials are used; the
   * marshalling options of a document client are neither used nor changed.
   */
  readonly dynamoDBClient: DynamoDBClient | DynamoDBDocumentClient;
  /**
   * Lets several stages or applications share the table without ever meeting, for example `dev`. Rows of another
   * namespace, and of none, are as if in another table.
   *
   * @defaultValue no namespace
   */
  readonly namespace?: string;
  /**
   * Rows of a connection expire this many seconds after `$connect` at the latest. Below 2 hours, the longest time
   * API Gateway keeps a connection open, its subscriptions end while it lives; no row outlives its connection by more
   * than 15 minutes anyway.
   *
   * @defaultValue no limit of its own
   */
  readonly ttlSeconds?: number;
  /**
   * Reads the time, in epoch milliseconds.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => EpochMs;
}

/**
 * A store in one DynamoDB table.
 *
 * Every method rejects with a {@link TableError} when the table does not exist or has other keys, and with the SDK's
 * own error when DynamoDB refuses a call, throttling and conflicts only after some 3 seconds of tries.
 *
 * @throws {@link BuilderError} for an unknown option, no name of a table, no client, or a number that is none
 *
 * @category Store
 */
export function dynamodb(options: DynamoDBStoreOptions): Store {
  checkOptions("dynamodb()", options, STORE_OPTIONS);
  return storeOn({
    tableName: options.tableName,
    client: documentClientOn(options.dynamoDBClient),
    keys: keysOf(options.namespace),
    maxSubscriptions: options.maxSubscriptionsPerConnection ?? DEFAULT_MAX_SUBSCRIPTIONS,
    ttlSeconds: options.ttlSeconds,
    now: options.now ?? Date.now,
  });
}

/** The operations of a store on a table that is there to be called. */
export function storeOn(table: TableAccess): Store {
  return {
    connect: (connection) => connect(table, connection),
    getConnection: (connectionId) => getConnection(table, connectionId),
    setConnectionParams: (connectionId, params) => setConnectionParams(table, connectionId, params),
    takeHandOver: (connectionId) => takeHandOver(table, connectionId),
    subscribe: (connection, subscriptions) => subscribe(table, connection, subscriptions),
    stop: (request) => stop(table, request),
    getSubscriptions: (subscribers) => getSubscriptions(table, subscribers),
    disconnect: (connectionId) => disconnect(table, connectionId),
    findRoutes: (query) => findRoutes(table, query),
    disconnectAll: (routes) => disconnectAll(table, routes),
    signingKey: once(
      () => signingKey(table),
      () => table.now(),
    ),
    fanOuts: fanOuts(table),
    history: history(table),
    outbox: outbox(table),
  };
}
